package io.espalier.worker.algorithm.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.PropertySeed;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Costs from tables against the cost model, exactly. */
class PairwiseCostsProperties {
  @Property(seed = PropertySeed.FIXED, tries = 200)
  void tables_give_what_the_cost_model_gives_along_any_walk(@ForAll long seed) {
    Instance instance = Instance.any(seed);
    Problem problem = problem(instance);
    var point = new SearchState(problem);
    var random = new Random(seed);

    for (int step = 0; step < 30; step++) {
      int axis = random.nextInt(problem.size());
      point.move(axis, random.nextInt(problem.costs.choices(axis)));

      assertExact(problem, point);
    }
  }

  @Property(seed = PropertySeed.FIXED, tries = 200)
  void one_or_two_moves_are_foretold_to_fit_exactly_if_they_do(@ForAll long seed) {
    Instance instance = Instance.reachable(seed);
    Problem problem = problem(instance);
    var point = new SearchState(problem);
    var random = new Random(seed);
    for (int step = 0; step < 20; step++) {
      int a = random.nextInt(problem.size());
      int b = random.nextInt(problem.size());
      int choiceOfA = random.nextInt(problem.costs.choices(a));
      int choiceOfB = random.nextInt(problem.costs.choices(b));
      boolean first = point.fits(a, choiceOfA);
      boolean both = point.fits(a, choiceOfA, b, choiceOfB);

      point.move(a, choiceOfA);
      assertThat(point.fits()).isEqualTo(first);
      point.move(b, choiceOfB);
      if (a != b) {
        assertThat(point.fits()).isEqualTo(both);
      }
      assertExact(problem, point);
    }
  }

  @Property(seed = PropertySeed.FIXED, tries = 100)
  void the_cost_of_no_model_falls_when_an_axis_is_widened(@ForAll long seed) {
    Instance instance = Instance.any(seed);
    var random = new Random(seed);
    var models = instance.models();

    for (int i = 0; i < 20; i++) {
      Widths widths = models.get(random.nextInt(models.size()));
      Cost cost = instance.costs().cost(widths);
      for (Widths wider : instance.stepsWider(widths)) {
        for (Quantity quantity : Quantity.values()) {
          assertThat(quantity.of(instance.costs().cost(wider)))
              .isGreaterThanOrEqualTo(quantity.of(cost));
        }
      }
    }
  }

  private static void assertExact(Problem problem, SearchState point) {
    Cost cost = problem.costModel.cost(problem.widths(point.chosen));
    for (int q = 0; q < problem.limits.length; q++) {
      assertThat(point.used(q)).isEqualTo(problem.budget.bounds().get(q).quantity().of(cost));
    }
    assertThat(point.fits()).isEqualTo(problem.budget.holds(cost));
  }

  private static Problem problem(Instance instance) {
    Cost most = instance.costs().cost(instance.space().max());
    var bounds =
        instance.budget().bounds().stream()
            .map(
                bound ->
                    instance.budget().holds(instance.costs().cost(instance.space().min()))
                        ? bound
                        : new Budget.Bound(bound.quantity(), "all", bound.quantity().of(most)))
            .toList();
    return Problem.of(instance.space(), instance.costs(), new Budget(bounds), instance.losses());
  }
}
