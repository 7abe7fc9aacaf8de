package io.espalier.worker.algorithm.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.model.Architecture;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ThresholdSearchTest {
  private static final Architecture CHAIN = SmallNetworks.chain(List.of(8, 8, 4));
  private static final SearchSpace SPACE = SearchSpace.of(CHAIN, ChoiceRule.everyTwentieth(4));
  private static final CostModel COSTS = CostModel.of(CHAIN);

  @Test
  void the_axis_that_loses_less_is_cut() {
    Sensitivities sensitivities = losses(new double[] {0.5, 0}, new double[] {0.1, 0});

    Selection selection = ThresholdSearch.select(SPACE, COSTS, flops(70), sensitivities);

    assertThat(selection.widths().units())
        .containsExactly(Map.entry("conv0.out", 8), Map.entry("conv1.out", 4));
    assertThat(selection.threshold()).isEqualTo(0.1);
    assertThat(selection.widenings()).isZero();
  }

  @Test
  void equal_losses_do_not_lead_to_the_narrowest_model() {
    Sensitivities flat = losses(new double[] {0, 0}, new double[] {0, 0});

    Selection whole = ThresholdSearch.select(SPACE, COSTS, flops(100), flat);
    Selection cut = ThresholdSearch.select(SPACE, COSTS, flops(99), flat);

    assertThat(whole.widths()).isEqualTo(SPACE.max());
    assertThat(cut.widths().units().values()).containsExactlyInAnyOrder(8, 4);
  }

  @Test
  void a_budget_that_only_the_narrowest_model_meets_is_met() {
    // ModelOpt never tries the largest threshold and returns a model over budget here.
    Sensitivities sensitivities = losses(new double[] {0.5, 0}, new double[] {0.9, 0});
    long smallest = COSTS.cost(SPACE.min()).flops();

    Selection selection =
        ThresholdSearch.select(SPACE, COSTS, budget(Long.toString(smallest)), sensitivities);

    assertThat(selection.widths()).isEqualTo(SPACE.min());
    assertThat(selection.threshold()).isEqualTo(0.9);
  }

  @Test
  void a_budget_below_the_narrowest_model_is_refused() {
    Sensitivities sensitivities = losses(new double[] {0.5, 0}, new double[] {0.9, 0});
    long smallest = COSTS.cost(SPACE.min()).flops();

    assertThatThrownBy(
            () ->
                ThresholdSearch.select(
                    SPACE, COSTS, budget(Long.toString(smallest - 1)), sensitivities))
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("1 too many");
  }

  @Test
  void losses_far_below_any_fixed_tolerance_count() {
    Sensitivities tiny = losses(new double[] {5e-12, 0}, new double[] {1e-12, 0});

    Selection selection = ThresholdSearch.select(SPACE, COSTS, flops(70), tiny);

    assertThat(selection.widths().units()).containsEntry("conv0.out", 8);
  }

  @Test
  void losses_that_are_no_numbers_are_refused() {
    assertThatThrownBy(() -> losses(new double[] {Double.NaN, 0}, new double[] {0, 0}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NaN");
  }

  private static Sensitivities losses(double[] first, double[] second) {
    return new Sensitivities(Map.of("conv0.out", first, "conv1.out", second));
  }

  private static Budget flops(int percent) {
    return budget(percent + "%");
  }

  private static Budget budget(String bound) {
    return Constraints.parse(Map.of("flops", bound)).budget(COSTS.cost(SPACE.max()));
  }
}
