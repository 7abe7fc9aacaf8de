package io.espalier.worker.algorithm.fastnas;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.algorithm.evaluate.LayerTimer;
import io.espalier.worker.algorithm.importance.Importance;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Window;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that storage and look-up by texts do not depend on the digits of the user's language. */
class OtherDigitsTest {
  @TempDir Path own;

  private final Locale usual = Locale.getDefault(Locale.Category.FORMAT);

  @AfterEach
  void back_to_the_usual_digits() {
    Locale.setDefault(Locale.Category.FORMAT, usual);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ar-EG", "fa-IR"})
  void names_of_devices_layers_and_tensors_are_the_same_in_every_language(String language) {
    var layer = new LayerTimer.Sized(16, 32, new Window(3, 2, 8, 8), true, false);

    assertThat(in(language, layer::key)).isEqualTo("16x32 3/2 8x8 depthwise");
    assertThat(in(language, PyTorch::device)).isEqualTo(in("en-US", PyTorch::device));
    for (String family : List.of("densenet121", "mobilenetv2-035")) {
      Supplier<Object> tensors =
          () ->
              FastNasPlan.of(ModelDirectory.open(Golden.of(family).directory()), 1).architecture();
      assertThat(in(language, tensors)).isEqualTo(in("en-US", tensors));
    }
  }

  @Test
  void images_have_the_same_fingerprint_in_every_language() throws IOException {
    Path image = Files.createDirectories(own.resolve("images/only")).resolve("1.png");
    Files.copy(Golden.of("images").directory().resolve("files/rgb-8.png"), image);
    Supplier<String> all = () -> ImageDatasets.open(own.resolve("images").toUri()).fingerprint();
    Supplier<String> drawn =
        () -> ImageDatasets.open(own.resolve("images").toUri()).drawn(1, 3).fingerprint();

    assertThat(in("ar-EG", all)).isEqualTo(in("en-US", all));
    assertThat(in("ar-EG", drawn)).isEqualTo(in("en-US", drawn));
  }

  @Test
  void a_sensitivity_map_has_the_same_fingerprint_in_every_language() {
    Zoo.writeShapes(own.resolve("data"), 20, 10, 1);
    Zoo.writeRandomModel(
        new RandomModel("cifar_resnet8", 10, 32, List.of(4, 8, 16), 1), own.resolve("model"));
    FastNasPlan plan = FastNasPlan.of(ModelDirectory.open(own.resolve("model")), 8);
    var settings =
        new FastNasSettings(
            8,
            1,
            10,
            10,
            FastNasSettings.Score.LOSS,
            FastNasSettings.ScoreAfter.CUT,
            Objective.SUM,
            Importance.CONSUMER_NORM,
            64,
            OptionalInt.empty(),
            ReconstructionMode.OFF,
            3);
    Supplier<String> fingerprint =
        () -> {
          var data = URI.create(own.resolve("data").toUri() + "?split=train");
          var fastNas = new FastNas(plan, settings, ImageDatasets.open(data, plan.input()));
          try (Weights weights = Weights.load(plan.model(), plan.architecture())) {
            return fastNas
                .measure(weights, own.resolve("checkpoints"), Progress.Listener.NONE)
                .fingerprint();
          }
        };

    assertThat(in("ar-EG", fingerprint)).isEqualTo(in("en-US", fingerprint));
  }

  private static <R> R in(String language, Supplier<R> work) {
    Locale.setDefault(Locale.Category.FORMAT, Locale.forLanguageTag(language));
    return work.get();
  }
}
