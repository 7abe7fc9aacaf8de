package io.espalier.worker.algorithm.search;

import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Choices of widths that differ in what they make small: {@code Σ lossᵖ} over all axes for several
 * p, of which 1 is {@link Objective#SUM}, and the largest loss, {@link Objective#MAX}, to which it
 * comes as p grows. Losses of axes that are cut together do not add up, and training makes some
 * good better than others, so each of these may be the best once it has learned.
 */
public record WidthCandidates(SearchSpace space, CostModel costs, Sensitivities losses) {
  private static final List<Integer> POWERS = List.of(1, 2, 4);

  /**
   * The different ones within a budget.
   *
   * @param usual what is made small if nothing is learned; its choice comes first
   * @throws io.espalier.worker.domain.InfeasibleException if no model is within the budget
   */
  public List<Selection> within(Budget budget, Objective usual) {
    Map<Map<String, Integer>, Selection> found = new LinkedHashMap<>();
    add(found, Solver.select(space, costs, budget, losses, usual));
    for (int power : POWERS) {
      Selection chosen = Solver.select(space, costs, budget, toThePower(power), Objective.SUM);
      add(found, power == 1 ? chosen : byLosses(chosen));
    }
    add(found, Solver.select(space, costs, budget, losses, Objective.MAX));
    return List.copyOf(found.values());
  }

  private static void add(Map<Map<String, Integer>, Selection> found, Selection chosen) {
    found.putIfAbsent(chosen.widths().units(), chosen);
  }

  /** Losses as shares of the largest, to a power. */
  private Sensitivities toThePower(int power) {
    if (power == 1) {
      return losses;
    }
    Map<String, double[]> all = losses.losses();
    double largest = all.values().stream().flatMapToDouble(Arrays::stream).max().orElse(0);
    double unit = largest > 0 ? largest : 1;
    all.replaceAll(
        (axis, values) ->
            Arrays.stream(values).map(loss -> Math.pow(loss / unit, power)).toArray());
    return new Sensitivities(all);
  }

  /** A choice that was made by other losses, with these. */
  private Selection byLosses(Selection chosen) {
    Map<String, double[]> all = losses.losses();
    double sum = 0;
    double largest = 0;
    for (Choices choices : space.configurable()) {
      double[] ofAxis = all.get(choices.axis().name());
      double loss =
          ofAxis == null ? 0 : ofAxis[choices.widths().indexOf(chosen.widths().of(choices.axis()))];
      sum += loss;
      largest = Math.max(largest, loss);
    }
    return new Selection(
        Objective.SUM,
        chosen.widths(),
        chosen.cost(),
        sum,
        largest,
        OptionalDouble.empty(),
        0,
        false,
        chosen.steps());
  }
}
