package io.espalier.worker.algorithm.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.PropertySeed;
import io.espalier.worker.domain.InfeasibleException;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Against brute force over every model of small spaces. */
class SolverProperties {
  static final Solver.Effort EXCHANGES_ALONE =
      new Solver.Effort(Solver.Effort.USUAL.starts(), Solver.Effort.USUAL.rounds(), 0);

  @Property(seed = PropertySeed.FIXED, tries = 150)
  void a_solution_is_within_every_bound(@ForAll long seed, @ForAll Objective objective) {
    Instance instance = Instance.reachable(seed);

    Selection selection = instance.solve(objective);

    assertThat(instance.budget().holds(selection.cost())).isTrue();
    assertThat(selection.cost()).isEqualTo(instance.costs().cost(selection.widths()));
    assertThat(selection.totalLoss())
        .isCloseTo(
            instance.value(Objective.SUM, selection.widths()), within(1e-12 * instance.scale()));
    assertThat(selection.largestLoss())
        .isEqualTo(instance.value(Objective.MAX, selection.widths()));
  }

  @Property(seed = PropertySeed.FIXED, tries = 150)
  void no_single_axis_of_a_solution_could_be_widened(
      @ForAll long seed, @ForAll Objective objective) {
    Instance instance = Instance.reachable(seed);

    Selection selection = instance.solve(objective);

    assertThat(instance.stepsWider(selection.widths()))
        .noneMatch(wider -> instance.budget().holds(instance.costs().cost(wider)));
  }

  @Property(seed = PropertySeed.FIXED, tries = 150)
  void no_model_has_a_smaller_largest_loss_than_that_for_max(@ForAll long seed) {
    Instance instance = Instance.reachable(seed);

    Selection selection = instance.solve(Objective.MAX);

    assertThat(Optional.of(selection.largestLoss())).isEqualTo(instance.best(Objective.MAX));
    assertThat(selection.threshold().orElseThrow()).isEqualTo(selection.largestLoss());
  }

  @Property(seed = PropertySeed.FIXED, tries = 400)
  void no_model_has_a_smaller_total_loss_than_that_for_sum(@ForAll long seed) {
    Instance instance = Instance.reachable(seed);
    double best = instance.best(Objective.SUM).orElseThrow();

    Selection selection = instance.solve(Objective.SUM);

    assertThat(selection.provenOptimal()).isTrue();
    assertThat(selection.totalLoss()).isCloseTo(best, within(1e-9 * instance.scale()));
    assertThat(selection.lowerBound()).isEqualTo(selection.totalLoss());
  }

  @Property(seed = PropertySeed.FIXED, tries = 100)
  void the_lower_bound_holds_without_a_proof(@ForAll long seed) {
    Instance instance = Instance.reachable(seed);

    Selection selection = instance.solve(Objective.SUM, EXCHANGES_ALONE);

    assertThat(selection.lowerBound())
        .isLessThanOrEqualTo(instance.best(Objective.SUM).orElseThrow() + 1e-9 * instance.scale());
  }

  @Property(seed = PropertySeed.FIXED, tries = 150)
  void a_budget_is_refused_exactly_if_no_model_meets_it(
      @ForAll long seed, @ForAll Objective objective) {
    Instance instance = Instance.any(seed);

    if (instance.best(objective).isPresent()) {
      assertThat(instance.budget().holds(instance.solve(objective).cost())).isTrue();
    } else {
      assertThatThrownBy(() -> instance.solve(objective)).isInstanceOf(InfeasibleException.class);
    }
  }

  @Property(seed = PropertySeed.FIXED, tries = 100)
  void the_same_search_has_the_same_solution(@ForAll long seed, @ForAll Objective objective) {
    assertThat(Instance.reachable(seed).solve(objective))
        .isEqualTo(Instance.reachable(seed).solve(objective));
  }
}
