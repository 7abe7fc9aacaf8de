package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Budget.Bound;
import io.espalier.worker.algorithm.search.Constraints.Limit;
import io.espalier.worker.algorithm.search.Quantity;
import java.util.List;
import java.util.function.LongUnaryOperator;

/**
 * The bound of latency, which the model that comes out is held to as it is measured, whatever was
 * foretold.
 *
 * @param limit as it was asked for; percentages are of the original, measured beside the model
 */
record LatencyBound(Limit limit) {
  /** How much more than necessary a search is tightened, so that it need not be done often. */
  private static final double MARGIN = 0.98;

  private static final double NANOS_PER_MILLI = 1e6;

  /** The most that is allowed, in nanoseconds. */
  long allowed(Latency original) {
    return limit.absolute(nanos(original));
  }

  /** Whether a model is within the bound. */
  boolean holds(Latency original, Latency model) {
    return nanos(model) <= allowed(original);
  }

  /**
   * A budget that asks for a faster model, by as much as the last one was too slow.
   *
   * @param foretold nanoseconds that the last one was thought to take
   * @param fastest nanoseconds that the fastest of all is thought to take
   * @param measured how fast the original and the last one are
   */
  Budget tightened(Budget budget, long foretold, long fastest, List<Latency> measured) {
    double tooSlow = (double) allowed(measured.get(0)) / nanos(measured.get(1));
    long aim = Math.max(fastest, (long) (foretold * Math.min(1, tooSlow) * MARGIN));
    return with(budget, limit -> Math.min(aim, limit));
  }

  /** A budget with the most that is allowed beside the original as it was measured last. */
  Budget measured(Budget budget, Latency original) {
    return with(budget, limit -> allowed(original));
  }

  private static Budget with(Budget budget, LongUnaryOperator latency) {
    return new Budget(
        budget.bounds().stream()
            .map(
                bound ->
                    bound.quantity() == Quantity.LATENCY
                        ? new Bound(
                            bound.quantity(), bound.asked(), latency.applyAsLong(bound.limit()))
                        : bound)
            .toList());
  }

  static long nanos(Latency latency) {
    return Math.round(latency.medianMillis() * NANOS_PER_MILLI);
  }
}
