package io.espalier.worker.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of claims on the weights that ship for questions. */
class ShippedTextTest {
  private static final DemoText DEMO = DemoText.QUESTIONS;

  @TempDir Path directory;

  @Test
  void the_weights_that_ship_reach_their_stated_f1() {
    Zoo.writeModel(DEMO.name(), directory.resolve("model"));
    Zoo.writeTexts(
        DEMO.kind(), directory.resolve("data"), 1, DEMO.data().test(), DEMO.data().seed());
    TextModel model = TextModel.of(ModelDirectory.open(directory.resolve("model")));
    TextDataset test =
        TextDatasets.open(
            URI.create(directory.resolve("data").toUri() + "?split=test"),
            model.network().input(),
            model.directory().path(),
            TextSettings.USUAL);

    TextMetrics tally;
    try (Weights weights = Weights.load(model.directory(), model.architecture())) {
      tally = TextEvaluation.tally(model.network(), weights, test, 64, Progress.Listener.NONE);
    }

    double f1 =
        tally.measures(tally).stream()
            .filter(measure -> measure.name().equals("f1"))
            .mapToDouble(Measure::value)
            .sum();
    // Rounding differs between processors, which may decide a question or two.
    assertThat(f1).isCloseTo(DEMO.f1(), within(0.002)).isGreaterThan(0.9);
  }

  @Test
  void the_readme_beside_them_agrees() throws IOException {
    String readme;
    try (var in = DemoText.class.getResourceAsStream(DEMO.name() + "/README.md")) {
      readme = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    long parameters =
        DEMO.start().tensors().values().stream()
            .mapToLong(tensor -> Arrays.stream(tensor.shape()).reduce(1, Math::multiplyExact))
            .sum();

    assertThat(readme)
        .contains("espalier zoo train DIR --model " + DEMO.name())
        .contains(said("F1 %.1f %% of the %,d test questions", 100 * DEMO.f1(), DEMO.data().test()))
        .contains(said("%,d parameters", parameters))
        .contains(
            said(
                "%,d training and %,d test questions, seed %d",
                DEMO.data().train(), DEMO.data().test(), DEMO.data().seed()))
        .contains(
            said(
                "%d epochs in batches of %d, seed %d",
                (int) DEMO.training().budget().amount(),
                DEMO.training().steps().batch(),
                DEMO.training().seed()));
  }

  private static String said(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
