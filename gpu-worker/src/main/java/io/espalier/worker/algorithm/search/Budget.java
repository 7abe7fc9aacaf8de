package io.espalier.worker.algorithm.search;

import io.espalier.worker.domain.InfeasibleException;
import java.util.List;
import java.util.Locale;

/**
 * Limits on a model's cost, in numbers.
 *
 * @param bounds one per constrained quantity
 */
public record Budget(List<Bound> bounds) {
  /**
   * An upper bound, inclusive.
   *
   * @param quantity what is limited
   * @param asked the bound as it was asked for, such as {@code 60%}
   * @param limit the largest value allowed
   */
  public record Bound(Quantity quantity, String asked, long limit) {
    /** Returns whether a cost is within the bound. */
    public boolean holds(Cost cost) {
      return quantity.of(cost) <= limit;
    }
  }

  /** A budget; the list is copied. */
  public Budget {
    bounds = List.copyOf(bounds);
  }

  /** Returns whether a cost is within every bound. */
  public boolean holds(Cost cost) {
    return bounds.stream().allMatch(bound -> bound.holds(cost));
  }

  /**
   * Makes sure that a space has a model within the budget. It has if its narrowest model is, since
   * every quantity grows with every width.
   *
   * @throws InfeasibleException if it has none, with the smallest value that is reachable
   */
  public void requireReachable(SearchSpace space, CostModel costs) {
    Cost smallest = costs.cost(space.min());
    List<String> problems = shortfalls(smallest);
    if (!problems.isEmpty()) {
      Bound first = bounds.stream().filter(b -> !b.holds(smallest)).findFirst().orElseThrow();
      Quantity quantity = first.quantity();
      throw new InfeasibleException(
          quantity.key(),
          quantity.inUnit(first.limit()),
          quantity.inUnit(quantity.of(smallest)),
          String.join("\n", problems));
    }
  }

  /** By how much the smallest model of a space misses each bound that it does not meet. */
  List<String> shortfalls(Cost smallest) {
    return bounds.stream()
        .filter(bound -> !bound.holds(smallest))
        .map(bound -> problem(bound, bound.quantity().of(smallest)))
        .toList();
  }

  private static String problem(Bound bound, long smallest) {
    Quantity quantity = bound.quantity();
    return String.format(
        Locale.ROOT,
        "constraint %s: %s allows at most %s %s, but the smallest model of the search space %s"
            + " (%s); raise the bound, or allow narrower layers by a smaller divisor of channels or"
            + " neurons",
        quantity.key(),
        bound.asked(),
        quantity.written(bound.limit()),
        quantity.unit(),
        quantity.possessed(smallest),
        quantity.excess(smallest - bound.limit()));
  }
}
