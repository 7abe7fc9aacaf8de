package io.espalier.worker.algorithm.minitron.measure;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.DecoderDimension;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Golden;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Units that stay, in cases of ModelOpt's own tests (M4 to M6 of {@code
 * tests/gpu_megatron/torch/nas/plugins}); those of Mamba are about groups as well, and Mamba itself
 * is not there.
 */
final class UnitSelectionTest {
  private static final double[] HEADS = {2.2, .1, 1.1, 2.1, 3.0, 2.0, 0, 1.0};

  @Test
  void heads_are_ranked_within_their_group() {
    int[] two = UnitSelection.inGroups(HEADS, 4, new int[] {0, 1}, 2);

    assertThat(two).containsExactly(0, 3, 4, 5); // ModelOpt: 4, 5, 0, 3, in order of their score
  }

  @Test
  void fewer_heads_and_fewer_groups_are_taken_from_the_groups_that_stay() {
    assertThat(UnitSelection.inGroups(HEADS, 2, new int[] {0, 2}, 1)).containsExactly(0, 4);
    assertThat(UnitSelection.inGroups(HEADS, 8, new int[] {0}, 3)).containsExactly(0, 3, 4);
  }

  @Test
  void groups_of_which_each_keeps_two_are_cut_where_they_lie() {
    double[] ranked = {3, 4, 1, 2, 4, 1, 2, 3}; // order of ModelOpt's case: 1, 0, 3, 2 | 4, 7, 6, 5

    assertThat(UnitSelection.inGroups(ranked, 4, new int[] {0, 1}, 2)).containsExactly(0, 1, 4, 7);
    assertThat(UnitSelection.inGroups(new double[8], 4, new int[] {0, 1}, 2))
        .as("alike, so by position")
        .containsExactly(0, 1, 4, 5);
  }

  @Test
  void a_head_is_all_of_its_channels() {
    var heads = new Axis("heads", 4);

    int[] channels =
        new Dimension.Along(heads, 2).indices(new Kept(Map.of("heads", new int[] {0, 2, 3})));

    assertThat(channels).containsExactly(0, 1, 4, 5, 6, 7);
  }

  @Test
  void what_fires_the_most_stays_in_its_order() {
    assertThat(UnitSelection.first(new double[] {1, 5, 2, 5, 0}, 3)).containsExactly(1, 2, 3);
    assertThat(UnitSelection.first(new double[] {1, 1, 1}, 2)).containsExactly(0, 1);
  }

  @Test
  void a_version_has_the_sizes_that_were_asked_for_and_the_best_units() {
    DecoderBlueprint blueprint = DecoderBlueprint.of(TextModel.of(Golden.of("llama").model()));
    ActivationScores activity = activity(blueprint);

    Kept kept = new UnitSelection(blueprint, activity).of(new DecoderSizes(24, 48, 1, 1, 2));

    assertThat(kept.units().get("hidden")).hasSize(24).contains(47).doesNotContain(0);
    assertThat(kept.units().get(blueprint.neurons(0).name())).hasSize(48).contains(95);
    // group 0 has 5 and 0.1, which is a little longer than 3 and 4 of group 1
    assertThat(kept.units().get(blueprint.groups(0).name())).containsExactly(0);
    assertThat(kept.units().get(blueprint.heads(0).name())).containsExactly(0);
  }

  @Test
  void layers_may_have_widths_of_their_own_with_equally_many_heads_in_each_group() {
    DecoderBlueprint blueprint = DecoderBlueprint.of(TextModel.of(Golden.of("llama").model()));

    Kept kept =
        new UnitSelection(blueprint, activity(blueprint))
            .of(Map.of(blueprint.neurons(1).name(), 40, blueprint.heads(0).name(), 2));

    assertThat(kept.units().keySet())
        .containsExactlyInAnyOrder(blueprint.neurons(1).name(), blueprint.heads(0).name());
    assertThat(kept.units().get(blueprint.heads(0).name())).containsExactly(0, 3);
  }

  /** Each expert that stays has an order of neurons of its own; of the others nothing is said. */
  @Test
  void the_experts_that_say_the_most_stay_with_their_best_neurons() {
    DecoderBlueprint blueprint = DecoderBlueprint.of(TextModel.of(Golden.of("mixtral").model()));
    var layers = new ArrayList<LayerActivationScores>();
    for (double[] experts : new double[][] {{0, 3, 1, 2}, {4, 1, 1, 0}}) {
      var units = new LinkedHashMap<String, double[]>();
      units.put("experts", experts);
      for (int expert = 0; expert < 4; expert++) {
        double[] rising = rising(48);
        rising[expert] = 100; // of expert 2 the third
        units.put("neurons of expert " + expert, rising);
      }
      units.put("heads", new double[] {5, 0.1, 3, 4});
      units.put("hidden", rising(32));
      layers.add(new LayerActivationScores(units, 0));
    }

    Kept kept =
        new UnitSelection(blueprint, new ActivationScores("", layers))
            .of(
                DecoderSizes.of(
                    Map.of(
                        DecoderDimension.HIDDEN,
                        32,
                        DecoderDimension.EXPERTS,
                        2,
                        DecoderDimension.EXPERT_NEURONS,
                        3,
                        DecoderDimension.HEADS,
                        4,
                        DecoderDimension.GROUPS,
                        2,
                        DecoderDimension.LAYERS,
                        2)));

    String second = "model.layers.1.block_sparse_moe.experts.";
    assertThat(kept.units().keySet())
        .containsExactly(
            "model.layers.0.experts",
            "model.layers.0.block_sparse_moe.experts.1.neurons",
            "model.layers.0.block_sparse_moe.experts.3.neurons",
            "model.layers.1.experts",
            second + "0.neurons",
            second + "1.neurons");
    assertThat(kept.units().get("model.layers.0.experts")).containsExactly(1, 3);
    assertThat(kept.units().get("model.layers.1.experts")).containsExactly(0, 1);
    assertThat(kept.units().get(second + "0.neurons")).containsExactly(0, 46, 47);
    assertThat(kept.units().get(second + "1.neurons")).containsExactly(1, 46, 47);
  }

  /** Later channels and neurons fire more. */
  private static ActivationScores activity(DecoderBlueprint blueprint) {
    var layers = new ArrayList<LayerActivationScores>();
    for (int layer = 0; layer < blueprint.blocks().size(); layer++) {
      layers.add(
          new LayerActivationScores(
              Map.of(
                  "neurons", rising(blueprint.neurons(layer).units()),
                  "heads", new double[] {5, 0.1, 3, 4},
                  "hidden", rising(blueprint.hidden().units())),
              layer));
    }
    return new ActivationScores("", List.copyOf(layers));
  }

  private static double[] rising(int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = i;
    }
    return values;
  }
}
