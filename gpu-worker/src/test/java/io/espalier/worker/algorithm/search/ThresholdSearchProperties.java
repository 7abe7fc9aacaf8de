package io.espalier.worker.algorithm.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.domain.model.Architecture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Against brute force over every model of small spaces. */
class ThresholdSearchProperties {
  record Problem(SearchSpace space, CostModel costs, Budget budget, Sensitivities losses) {}

  @Property(tries = 300)
  void the_chosen_model_is_always_within_the_budget(@ForAll("problems") Problem problem) {
    Selection selection = solve(problem);

    assertThat(problem.budget().holds(selection.cost())).isTrue();
    assertThat(selection.cost()).isEqualTo(problem.costs().cost(selection.widths()));
  }

  @Property(tries = 300)
  void no_single_axis_could_be_widened(@ForAll("problems") Problem problem) {
    Selection selection = solve(problem);

    for (SearchSpace.Choices axis : problem.space().axes()) {
      int at = axis.widths().indexOf(selection.widths().of(axis.axis()));
      if (at + 1 < axis.widths().size()) {
        var wider = new LinkedHashMap<>(selection.widths().units());
        wider.put(axis.axis().name(), axis.widths().get(at + 1));
        assertThat(problem.budget().holds(problem.costs().cost(new Widths(wider)))).isFalse();
      }
    }
  }

  @Property(tries = 300)
  void no_model_within_the_budget_has_a_smaller_largest_loss(@ForAll("problems") Problem problem) {
    double best =
        everyModel(problem.space()).stream()
            .filter(widths -> problem.budget().holds(problem.costs().cost(widths)))
            .mapToDouble(widths -> largestLoss(problem, widths))
            .min()
            .orElseThrow();

    Selection selection = solve(problem);

    assertThat(selection.largestLoss()).isEqualTo(best);
    assertThat(largestLoss(problem, selection.widths())).isEqualTo(best);
  }

  @Property(tries = 100)
  void the_same_problem_has_the_same_solution(@ForAll("problems") Problem problem) {
    assertThat(solve(problem)).isEqualTo(solve(problem));
  }

  @Provide
  Arbitrary<Problem> problems() {
    Arbitrary<List<Integer>> widths =
        Arbitraries.of(4, 6, 8, 12, 16).list().ofMinSize(2).ofMaxSize(5);
    return Combinators.combine(
            widths,
            Arbitraries.integers().between(1, 4),
            Arbitraries.longs(),
            Arbitraries.integers().between(0, 100),
            Arbitraries.integers().between(0, 100))
        .as(ThresholdSearchProperties::problem);
  }

  private static Problem problem(
      List<Integer> widths, int divisor, long seed, int flopsPercent, int parametersPercent) {
    Architecture architecture = SmallNetworks.chain(widths);
    SearchSpace space =
        SearchSpace.of(architecture, new ChoiceRule(List.of(0.25, 0.5, 0.75), divisor));
    CostModel costs = CostModel.of(architecture);
    Cost min = costs.cost(space.min());
    Cost max = costs.cost(space.max());
    Budget budget =
        new Budget(
            List.of(
                new Budget.Bound(
                    Quantity.FLOPS, "any", between(min.flops(), max.flops(), flopsPercent)),
                new Budget.Bound(
                    Quantity.PARAMETERS,
                    "any",
                    between(min.parameters(), max.parameters(), parametersPercent))));
    return new Problem(space, costs, budget, losses(space, new Random(seed)));
  }

  private static long between(long low, long high, int percent) {
    return low + (high - low) * percent / 100;
  }

  /** Falling losses with plateaus and ties, 0 for the whole width. */
  private static Sensitivities losses(SearchSpace space, Random random) {
    var losses = new LinkedHashMap<String, double[]>();
    for (SearchSpace.Choices axis : space.axes()) {
      double[] values = new double[axis.widths().size()];
      for (int i = values.length - 2; i >= 0; i--) {
        values[i] = values[i + 1] + random.nextInt(3) * 0.125;
      }
      losses.put(axis.axis().name(), values);
    }
    return new Sensitivities(losses);
  }

  private static double largestLoss(Problem problem, Widths widths) {
    return problem.space().axes().stream()
        .mapToDouble(
            axis ->
                problem
                    .losses()
                    .losses()
                    .get(axis.axis().name())[axis.widths().indexOf(widths.of(axis.axis()))])
        .max()
        .orElse(0);
  }

  private static Selection solve(Problem problem) {
    return ThresholdSearch.select(
        problem.space(), problem.costs(), problem.budget(), problem.losses());
  }

  private static List<Widths> everyModel(SearchSpace space) {
    List<int[]> models = List.<int[]>of(new int[0]);
    for (SearchSpace.Choices axis : space.axes()) {
      var longer = new ArrayList<int[]>();
      for (int[] model : models) {
        for (int width : axis.widths()) {
          int[] next = Arrays.copyOf(model, model.length + 1);
          next[model.length] = width;
          longer.add(next);
        }
      }
      models = longer;
    }
    return models.stream().map(model -> widths(space, model)).toList();
  }

  private static Widths widths(SearchSpace space, int[] model) {
    Map<String, Integer> units = new LinkedHashMap<>();
    for (int i = 0; i < model.length; i++) {
      units.put(space.axes().get(i).axis().name(), model[i]);
    }
    return new Widths(units);
  }
}
