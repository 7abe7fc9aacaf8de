package io.espalier.worker.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.evaluate.Evaluation.Quality;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of claims on the weights that ship. */
class ShippedModelTest {
  private static final DemoModel DEMO = DemoModel.RESNET20;

  @TempDir Path directory;

  @Test
  void the_weights_that_ship_reach_their_stated_accuracy() {
    Zoo.writeModel(DEMO.name(), directory.resolve("model"));
    Zoo.writeShapes(directory.resolve("data"), 10, DEMO.reached().images(), DEMO.data().seed());
    ModelDirectory model = ModelDirectory.open(directory.resolve("model"));
    ImageDataset test =
        ImageDatasets.open(
            URI.create(directory.resolve("data").toUri() + "?split=test"),
            InputSpec.of(model.config(), InputSpec.CIFAR));

    Quality quality = quality(model, test);

    assertThat(quality.samples()).isEqualTo(DEMO.reached().images());
    // Rounding differs between processors, which may decide an image or two.
    assertThat(quality.accuracy()).isCloseTo(DEMO.reached().accuracy(), within(0.002));
    assertThat(quality.accuracy()).isGreaterThan(0.95);
  }

  @Test
  void the_readme_beside_them_agrees() throws IOException {
    String readme;
    try (var in = DemoModel.class.getResourceAsStream(DEMO.name() + "/README.md")) {
      readme = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    assertThat(readme)
        .contains("espalier zoo train DIR")
        .contains(
            String.format(
                Locale.ROOT,
                "%.1f %% of the first %,d test images",
                100 * DEMO.reached().accuracy(),
                DEMO.reached().images()))
        .contains(
            String.format(
                Locale.ROOT,
                "%,d training and %,d test images, seed %d",
                DEMO.data().train(),
                DEMO.data().test(),
                DEMO.data().seed()))
        .contains(
            String.format(
                Locale.ROOT,
                "%d epochs in batches of %d, seed %d",
                (int) DEMO.training().budget().amount(),
                DEMO.training().steps().batch(),
                DEMO.training().seed()));
  }

  private static Quality quality(ModelDirectory model, ImageDataset data) {
    VisionFamily family = Families.vision(model.config());
    try (var manager = PyTorch.newManager();
        var weights =
            Weights.load(model, family.architecture(model.config(), model.shapes()), manager)) {
      return Evaluation.quality(family, weights, data, Evaluation.BATCH, Progress.Listener.NONE);
    }
  }
}
