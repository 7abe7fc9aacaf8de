package io.espalier.worker.algorithm.minitron.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.algorithm.minitron.GoldenTexts;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Golden;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scores as PyTorch computes them from what passes through Hugging Face's models. */
final class GoldenActivityTest {
  /** Of the largest score; the fixtures allow a thousandth. */
  private static final double TOLERANCE = 1e-5;

  @TempDir Path checkpoints;

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen3"})
  void scores_are_those_of_pytorch(String name) {
    DecoderBlueprint blueprint = DecoderBlueprint.of(TextModel.of(Golden.of(name).model()));
    Golden oracle = Golden.of("scores/minitron-" + name);
    GoldenTexts texts = GoldenTexts.ofScores("minitron-" + name);
    assertThat(texts.count()).isEqualTo(3);
    var settings =
        new ActivationSettings(
            3,
            3,
            ScoreAggregation.MEAN,
            ScoreAggregation.L2,
            ImportanceCriterion.ACTIVATION,
            1 << 20,
            1);

    ActivationScores found =
        new ActivationMeasurement(blueprint, settings, texts, "golden")
            .measure(checkpoints, Progress.Listener.NONE);

    requireClose(oracle, "hidden", found.hidden());
    requireClose(oracle, "layers", found.distances());
    for (int layer = 0; layer < 2; layer++) {
      requireClose(oracle, "layer." + layer + ".neurons", found.neurons(layer));
      requireClose(oracle, "layer." + layer + ".heads", found.heads(layer));
      requireClose(
          oracle,
          "layer." + layer + ".query_groups",
          found.groups(layer, blueprint.groups(layer).units()));
    }
  }

  private static void requireClose(Golden oracle, String tensor, double[] found) {
    TensorData data = oracle.read("scores", tensor);
    float[] expected = new float[data.bytes().remaining() / Float.BYTES];
    data.bytes().asFloatBuffer().get(expected);
    double largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(found).as(tensor).hasSize(expected.length);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).as(tensor).isCloseTo(expected[i], within(TOLERANCE * largest));
    }
  }
}
