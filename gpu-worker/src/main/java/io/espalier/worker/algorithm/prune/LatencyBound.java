package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Budget.Bound;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Constraints.Limit;
import io.espalier.worker.algorithm.search.Quantity;
import java.util.List;
import java.util.Optional;

/**
 * The bound of latency, which the model that comes out is held to as it is measured, whatever was
 * foretold.
 *
 * @param limit as it was asked for; percentages are of the original, measured beside the model
 */
public record LatencyBound(Limit limit) {
  /** Margin beyond need by which a search is tightened, so that this is not done often. */
  private static final double MARGIN = 0.98;

  private static final double FAR_BELOW = 0.95;

  private static final double NANOS_PER_MILLI = 1e6;

  /** The bound among constraints, if latency is one of them. */
  public static Optional<LatencyBound> of(Constraints constraints) {
    return Optional.ofNullable(constraints.limits().get(Quantity.LATENCY)).map(LatencyBound::new);
  }

  /** The most that is allowed, in nanoseconds. */
  long allowed(Latency original) {
    return limit.absolute(nanos(original));
  }

  /** Returns whether a model is within the bound. */
  boolean holds(Latency original, Latency model) {
    return nanos(model) <= allowed(original);
  }

  /**
   * Returns whether a model is so much faster than it need be that a slower one should be tried.
   */
  boolean isFarBelow(List<Latency> measured) {
    return nanos(measured.get(1)) < FAR_BELOW * allowed(measured.get(0));
  }

  /**
   * Returns how fast the next model should be foretold to be, after one that was too slow.
   *
   * @param foretold nanoseconds that the last one was thought to take
   * @param fastest nanoseconds that the fastest of all is thought to take
   * @param measured how fast the original and the last one are
   */
  long faster(long foretold, long fastest, List<Latency> measured) {
    double ratio = (double) allowed(measured.get(0)) / nanos(measured.get(1));
    return Math.max(fastest, (long) (foretold * Math.min(1, ratio) * MARGIN));
  }

  /**
   * Returns how slow the next model may be foretold to be, after one that was faster than it need
   * be.
   *
   * @param foretold nanoseconds that the last one was thought to take
   * @param measured how fast the original and the last one are
   */
  long slower(long foretold, List<Latency> measured) {
    return (long) ((double) foretold * allowed(measured.get(0)) / nanos(measured.get(1)));
  }

  /** The latency that a budget allows. */
  static long limit(Budget budget) {
    return budget.bounds().stream()
        .filter(bound -> bound.quantity() == Quantity.LATENCY)
        .mapToLong(Bound::limit)
        .findFirst()
        .orElse(Long.MAX_VALUE);
  }

  /** A budget with the most that is allowed beside the original as it was measured last. */
  public static Budget measured(
      Optional<LatencyBound> bound, Budget budget, Optional<Latency> original) {
    return bound.isPresent() && original.isPresent()
        ? aiming(budget, bound.get().allowed(original.get()))
        : budget;
  }

  /** The budget with another limit of latency, in nanoseconds. */
  static Budget aiming(Budget budget, long latency) {
    return new Budget(
        budget.bounds().stream()
            .map(
                bound ->
                    bound.quantity() == Quantity.LATENCY
                        ? new Bound(bound.quantity(), bound.asked(), latency)
                        : bound)
            .toList());
  }

  public static long nanos(Latency latency) {
    return Math.round(latency.medianMillis() * NANOS_PER_MILLI);
  }
}
