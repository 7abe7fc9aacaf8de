package io.espalier.worker.algorithm.minitron.space;

import io.espalier.worker.algorithm.minitron.size.SizeGrid;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Budget.Bound;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.domain.InfeasibleException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Says of a budget that nothing is within it what comes nearest. */
final class InfeasibleBudget {
  private InfeasibleBudget() {}

  /**
   * Returns what is wrong with a budget.
   *
   * @param smallest candidates of which one costs the least of each quantity; at least one
   * @param grid what they are taken from
   */
  static InfeasibleException of(Budget budget, List<SizeCandidate> smallest, SizeGrid grid) {
    Map<Bound, SizeCandidate> missed = new LinkedHashMap<>();
    for (Bound bound : budget.bounds()) {
      SizeCandidate least =
          smallest.stream()
              .min(Comparator.comparingLong(each -> bound.quantity().of(each.cost())))
              .orElseThrow();
      if (!bound.holds(least.cost())) {
        missed.put(bound, least);
      }
    }
    return missed.isEmpty() ? together(budget, smallest, grid) : of(missed, "", grid);
  }

  /** Each bound can be met, but not all at once. */
  private static InfeasibleException together(
      Budget budget, List<SizeCandidate> smallest, SizeGrid grid) {
    SizeCandidate nearest =
        smallest.stream()
            .min(Comparator.comparingDouble(each -> largestPart(budget, each)))
            .orElseThrow();
    Map<Bound, SizeCandidate> missed = new LinkedHashMap<>();
    budget.bounds().stream()
        .filter(bound -> !bound.holds(nearest.cost()))
        .forEach(bound -> missed.put(bound, nearest));
    return of(missed, " that is nearest to all bounds together", grid);
  }

  private static double largestPart(Budget budget, SizeCandidate candidate) {
    return budget.bounds().stream()
        .mapToDouble(
            bound -> (double) bound.quantity().of(candidate.cost()) / Math.max(1, bound.limit()))
        .max()
        .orElse(0);
  }

  private static InfeasibleException of(
      Map<Bound, SizeCandidate> missed, String which, SizeGrid grid) {
    Map.Entry<Bound, SizeCandidate> first = missed.entrySet().iterator().next();
    Quantity quantity = first.getKey().quantity();
    return new InfeasibleException(
        quantity.key(),
        quantity.inUnit(first.getKey().limit()),
        quantity.inUnit(quantity.of(first.getValue().cost())),
        missed.entrySet().stream()
            .map(each -> problem(each.getKey(), each.getValue(), which, grid))
            .collect(Collectors.joining("\n")));
  }

  private static String problem(Bound bound, SizeCandidate nearest, String which, SizeGrid grid) {
    Quantity quantity = bound.quantity();
    long value = quantity.of(nearest.cost());
    return String.format(
        Locale.ROOT,
        "constraint %s: %s allows at most %s %s, but the smallest candidate%s (%s) %s (%s); raise"
            + " the bound, or allow smaller ones by maxWidthPruning (%.2f), maxDepthPruning (%.2f)"
            + " or smaller divisors",
        quantity.key(),
        bound.asked(),
        quantity.written(bound.limit()),
        quantity.unit(),
        which,
        nearest.sizes(),
        quantity.possessed(value),
        quantity.excess(value - bound.limit()),
        grid.mostWidth(),
        grid.mostDepth());
  }
}
