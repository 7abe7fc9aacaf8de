package io.espalier.worker.algorithm.minitron.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.reconstruct.transformer.SequencePasses;
import io.espalier.worker.algorithm.reconstruct.transformer.Sequences;
import io.espalier.worker.algorithm.reconstruct.transformer.TransformerReconstruction;
import io.espalier.worker.algorithm.reconstruct.transformer.UnitResiduals;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a watch of layers that stream past finds, against GradNAS, which passes whole models; what
 * both add up is checked against loops by {@code UnitEliminationTest}.
 */
class ResidualScoresTest {
  @TempDir Path folder;

  private static ActivationSettings settings(ImportanceCriterion criterion) {
    return new ActivationSettings(
        100, 4, ScoreAggregation.MEAN, ScoreAggregation.L2, criterion, 1 << 20, 1);
  }

  private static Sequences texts() {
    var random = new Random(3);
    int[][] texts = new int[12][];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = random.ints(6 + random.nextInt(5), 0, 20).toArray();
    }
    return new Sequences(texts, 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2"})
  void heads_and_neurons_are_scored_as_by_passes_of_the_whole_model(String name) {
    DecoderBlueprint blueprint =
        DecoderBlueprint.of(TextModel.of(ModelDirectory.open(Golden.of(name).directory())));

    ActivationScores found =
        new ActivationMeasurement(blueprint, settings(ImportanceCriterion.RESIDUAL), texts())
            .measure(folder, Progress.Listener.NONE);
    ActivationScores again =
        new ActivationMeasurement(blueprint, settings(ImportanceCriterion.RESIDUAL), texts())
            .measure(folder, Progress.Listener.NONE);
    ActivationScores other =
        new ActivationMeasurement(blueprint, settings(ImportanceCriterion.CONTRIBUTION), texts())
            .measure(folder, Progress.Listener.NONE);

    Map<String, double[]> wanted = wanted(blueprint);
    for (int layer = 0; layer < blueprint.blocks().size(); layer++) {
      assertThat(found.heads(layer))
          .containsExactly(wanted.get(blueprint.heads(layer).name()), within(1e-6));
      assertThat(found.neurons(layer))
          .containsExactly(wanted.get(blueprint.neurons(layer).name()), within(1e-6));
      assertThat(Arrays.stream(found.neurons(layer)).max().orElseThrow()).isLessThan(1.001);
      assertThat(again.neurons(layer)).isEqualTo(found.neurons(layer));
      assertThat(other.neurons(layer)).isNotEqualTo(found.neurons(layer));
    }
    assertThat(found.hidden()).isEqualTo(other.hidden());
  }

  private Map<String, double[]> wanted(DecoderBlueprint blueprint) {
    try (Weights weights = Weights.load(blueprint.model().directory(), blueprint.architecture())) {
      return new UnitResiduals(new SequencePasses(blueprint.network(), texts(), 4), weights)
          .measure(
              new TransformerReconstruction.Storage(1 << 20, folder, "test"),
              Progress.Listener.NONE);
    }
  }
}
