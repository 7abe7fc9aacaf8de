package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.algorithm.train.TextObjective;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.stage.prune.PruneStage;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.DrawnText;
import io.espalier.worker.zoo.RandomText;
import io.espalier.worker.zoo.TextSize;
import io.espalier.worker.zoo.Zoo;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Decoders that have learnt some drawn tales, cut by GradNAS and solved for anew. */
class GradNasDecodersTest {
  private static final int TOKENS = 32;
  private static final long SEED = 11;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2"})
  void reconstruction_brings_back_most_of_what_a_cut_loses_on_text_that_was_not_solved_on(
      String family) {
    StageReport report = new PruneStage().run(job(trained(family)), Progress.Listener.NONE);

    Metric cut = metric(report, "lossAsCut");
    Metric loss = metric(report, "loss");
    double whole = loss.before().orElseThrow();
    double lost = cut.after().orElseThrow() - whole;
    assertThat(cut.before()).hasValue(whole);
    assertThat(lost).as("nats that the plain cut loses").isGreaterThan(0.05);
    assertThat(loss.after().orElseThrow() - whole).isLessThan(0.5 * lost);
  }

  private Path trained(String family) {
    Zoo.writeTexts(DrawnText.TALES, folder.resolve("tales"), 300, 60, SEED);
    Path start = folder.resolve("start");
    var size = new TextSize("small", family, 32, 2, 2, 128, TOKENS);
    Zoo.writeRandomText(new RandomText(size, TextTask.TEXT_GENERATION, SEED), start);
    TextModel model = TextModel.of(ModelDirectory.open(start));
    var tales =
        TextDatasets.open(
            folder.resolve("tales/train.txt").toUri(),
            model.network().input(),
            start,
            TextSettings.USUAL);
    try (Weights weights = Weights.load(model.directory(), model.architecture())) {
      new Trainer(TrainingSettings.text(8, 16, 5e-3, SEED))
          .train(weights, TextObjective.of(model.network(), tales), Progress.Listener.NONE);
      SafetensorsWriter.write(start.resolve("model.safetensors"), weights.toTensorData());
    }
    return start;
  }

  private StageJob job(Path model) {
    String spec =
        "{\"algorithm\":\"gradnas\",\"constraints\":{\"flopsPerToken\":\"60%\"},"
            + "\"neuronDivisor\":16,\"maxLength\":32}";
    return new StageJob(
        "run",
        0,
        1,
        StageKind.PRUNE,
        spec,
        model,
        folder.resolve("result"),
        folder.resolve("checkpoints"),
        Map.of(
            "calibration", folder.resolve("tales/train.txt").toUri(),
            "eval", folder.resolve("tales/test.txt").toUri()),
        SEED);
  }

  private static Metric metric(StageReport report, String name) {
    return report.metrics().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
