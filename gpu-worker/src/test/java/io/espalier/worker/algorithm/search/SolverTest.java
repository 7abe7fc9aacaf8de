package io.espalier.worker.algorithm.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SolverTest {
  private static final Architecture CHAIN = SmallNetworks.chain(List.of(8, 8, 4));
  private static final SearchSpace SPACE = SearchSpace.of(CHAIN, ChoiceRule.everyTwentieth(4));
  private static final CostModel COSTS = CostModel.of(CHAIN);

  @ParameterizedTest
  @EnumSource
  void the_axis_that_loses_less_is_cut(Objective objective) {
    Sensitivities sensitivities = losses(new double[] {0.5, 0}, new double[] {0.1, 0});

    Selection selection = Solver.select(SPACE, COSTS, flops(70), sensitivities, objective);

    assertThat(selection.widths().units())
        .containsExactly(Map.entry("conv0.out", 8), Map.entry("conv1.out", 4));
    assertThat(selection.totalLoss()).isEqualTo(0.1);
    assertThat(selection.threshold().isPresent()).isEqualTo(objective == Objective.MAX);
  }

  @ParameterizedTest
  @EnumSource
  void equal_losses_do_not_lead_to_the_narrowest_model(Objective objective) {
    Sensitivities flat = losses(new double[] {0, 0}, new double[] {0, 0});

    Selection whole = Solver.select(SPACE, COSTS, flops(100), flat, objective);
    Selection cut = Solver.select(SPACE, COSTS, flops(99), flat, objective);

    assertThat(whole.widths()).isEqualTo(SPACE.max());
    assertThat(cut.widths().units().values()).containsExactlyInAnyOrder(8, 4);
  }

  @ParameterizedTest
  @EnumSource
  void a_budget_that_only_the_narrowest_model_meets_is_met(Objective objective) {
    // ModelOpt never tries the largest threshold and returns a model over budget here.
    Sensitivities sensitivities = losses(new double[] {0.5, 0}, new double[] {0.9, 0});
    long smallest = COSTS.cost(SPACE.min()).flops();

    Selection selection =
        Solver.select(SPACE, COSTS, budget(Long.toString(smallest)), sensitivities, objective);

    assertThat(selection.widths()).isEqualTo(SPACE.min());
    assertThat(selection.largestLoss()).isEqualTo(0.9);
    assertThat(selection.totalLoss()).isEqualTo(1.4);
  }

  @ParameterizedTest
  @EnumSource
  void a_budget_below_the_narrowest_model_is_refused(Objective objective) {
    Sensitivities sensitivities = losses(new double[] {0.5, 0}, new double[] {0.9, 0});
    long smallest = COSTS.cost(SPACE.min()).flops();

    assertThatThrownBy(
            () ->
                Solver.select(
                    SPACE, COSTS, budget(Long.toString(smallest - 1)), sensitivities, objective))
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("1 too many");
  }

  @ParameterizedTest
  @EnumSource
  void losses_far_below_any_fixed_tolerance_count(Objective objective) {
    Sensitivities tiny = losses(new double[] {5e-12, 0}, new double[] {1e-12, 0});

    Selection selection = Solver.select(SPACE, COSTS, flops(70), tiny, objective);

    assertThat(selection.widths().units()).containsEntry("conv0.out", 8);
  }

  @Test
  void a_better_model_is_not_given_up_for_a_later_one_with_a_lower_bound_only() {
    Instance instance = Instance.reachable(2861631546629470520L);

    Selection selection = instance.solve(Objective.SUM);

    assertThat(selection.provenOptimal()).isTrue();
    assertThat(selection.totalLoss()).isEqualTo(instance.best(Objective.SUM).orElseThrow());
  }

  @Test
  void losses_that_are_no_numbers_are_refused() {
    assertThatThrownBy(() -> losses(new double[] {Double.NaN, 0}, new double[] {0, 0}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NaN");
  }

  @Test
  void a_cheap_loss_is_taken_rather_than_an_expensive_one_for_the_sum_only() {
    // conv1 loses a little more, but its cut saves twice what that of conv0 does
    Architecture chain = SmallNetworks.chain(List.of(8, 8, 8, 4));
    SearchSpace space = SearchSpace.of(chain, ChoiceRule.everyTwentieth(4));
    CostModel costs = CostModel.of(chain);
    var sensitivities =
        new Sensitivities(
            Map.of(
                "conv0.out", new double[] {0.10, 0},
                "conv1.out", new double[] {0.12, 0},
                "conv2.out", new double[] {0.11, 0}));
    Budget budget = Constraints.parse(Map.of("flops", "66%")).budget(costs.cost(space.max()));

    Selection sum = Solver.select(space, costs, budget, sensitivities, Objective.SUM);
    Selection max = Solver.select(space, costs, budget, sensitivities, Objective.MAX);

    assertThat(sum.widths().units()).containsEntry("conv1.out", 4).containsEntry("conv0.out", 8);
    assertThat(sum.totalLoss()).isEqualTo(0.12);
    assertThat(max.largestLoss()).isEqualTo(0.11);
    assertThat(max.totalLoss()).isEqualTo(0.10 + 0.11);
  }

  @Test
  void a_space_without_a_choice_is_refused_with_the_reasons() {
    SearchSpace none =
        SearchSpace.of(
            CHAIN,
            ChoiceRule.everyTwentieth(8),
            new LayerRules(List.of(LayerRules.Rule.excluding("conv1"))));

    assertThatThrownBy(
            () ->
                Solver.select(
                    none,
                    COSTS,
                    flops(70),
                    losses(new double[] {0}, new double[] {0}),
                    Objective.SUM))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("none of the 3 axes")
        .hasMessageContaining("1 axis: the output")
        .hasMessageContaining("1 axis: excluded by the rule 'conv1'")
        .hasMessageContaining(
            "1 axis: its 8 units leave no smaller multiple of the channel divisor 8");
  }

  @Test
  void latency_is_a_bound_like_any_other() {
    var table =
        LatencyTable.of(new int[] {4, 8}, new int[] {3}, new double[][] {{1_000_000}, {3_000_000}});
    CostModel timed = COSTS.withLatency(new LatencyModel(0, 1, Map.of("conv0.weight", table)));
    Budget budget =
        Constraints.parse(Map.of("latency", "2", "parameters", "100%"))
            .budget(timed.cost(SPACE.max()));
    Sensitivities sensitivities = losses(new double[] {0.5, 0}, new double[] {0.1, 0});

    Selection selection = Solver.select(SPACE, timed, budget, sensitivities, Objective.SUM);

    assertThat(selection.widths().units())
        .containsEntry("conv0.out", 4)
        .containsEntry("conv1.out", 8);
    assertThat(selection.cost().latencyNanos()).isEqualTo(1_000_000);
    assertThatThrownBy(
            () ->
                Constraints.parse(Map.of("latency", "800us", "flops", "1"))
                    .budget(timed.cost(SPACE.max()))
                    .requireReachable(SPACE, timed))
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining(
            "constraint latency: 0.8 ms allows at most 0.8 ms, but the smallest model of the"
                + " search space takes 1 ms (0.2 ms too long)")
        .hasMessageContaining("constraint flops: 1 allows at most 1 FLOPs");
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
