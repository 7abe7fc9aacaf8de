package io.espalier.worker.algorithm.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Predicted loss of a model as it is allowed less and less of one quantity, all others being free.
 *
 * @param quantity what is limited
 * @param objective what the loss is made small by
 * @param points by rising limit, from the narrowest model to the one at hand
 */
public record Curve(Quantity quantity, Objective objective, List<Point> points) {
  /** Points of a curve where nothing else is said. */
  public static final int USUAL_POINTS = 20;

  /**
   * One budget and what it buys.
   *
   * @param limit largest value allowed of the quantity
   * @param selection what was chosen
   */
  public record Point(long limit, Selection selection) {}

  /** A curve; the list is copied. */
  public Curve {
    points = List.copyOf(points);
  }

  /** The curve of a space. */
  public static Curve of(
      SearchSpace space,
      CostModel costs,
      Quantity quantity,
      Sensitivities sensitivities,
      Objective objective) {
    return of(space, costs, quantity, sensitivities, objective, USUAL_POINTS);
  }

  /**
   * The curve of a space. The foretold loss never grows with the limit.
   *
   * @param count points, at least 2, at equal distances of the limit
   * @throws io.espalier.worker.domain.InvalidInputException if there is nothing to choose
   * @throws IllegalArgumentException if the costs do not know the quantity
   */
  public static Curve of(
      SearchSpace space,
      CostModel costs,
      Quantity quantity,
      Sensitivities sensitivities,
      Objective objective,
      int count) {
    Cost most = costs.cost(space.max());
    if (count < 2 || !quantity.isKnownIn(most)) {
      throw new IllegalArgumentException(
          "%d points of %s for a model that costs %s".formatted(count, quantity.key(), most));
    }
    long low = quantity.of(costs.cost(space.min()));
    long high = quantity.of(most);
    var points = new ArrayList<Point>();
    Optional<Widths> narrower = Optional.empty();
    for (int i = 0; i < count; i++) {
      long limit = low + (long) ((high - low) * (i / (count - 1.0)));
      limit = i == count - 1 ? high : limit;
      var budget = new Budget(List.of(new Budget.Bound(quantity, quantity.written(limit), limit)));
      Selection selection =
          Solver.select(
              Problem.of(space, costs, budget, sensitivities),
              objective,
              Solver.Effort.USUAL,
              narrower);
      narrower = Optional.of(selection.widths());
      points.add(new Point(limit, selection));
    }
    return new Curve(quantity, objective, points);
  }
}
