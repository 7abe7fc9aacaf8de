package io.espalier.worker.algorithm.search;

import java.util.OptionalDouble;

/**
 * The model that a search has chosen.
 *
 * @param objective what was made small
 * @param widths width of every axis that may be cut
 * @param cost what it costs; within the budget
 * @param totalLoss the losses of all axes at their chosen widths, summed
 * @param largestLoss the largest loss of a single axis at its chosen width
 * @param threshold the loss that a single axis was allowed; only for {@link Objective#MAX}
 * @param lowerBound no model within the budget has a smaller total loss (or largest loss, for
 *     {@link Objective#MAX}), as far as the search can tell
 * @param provenOptimal whether the search has shown that no model is better, beyond rounding
 * @param steps models that the search went through
 */
public record Selection(
    Objective objective,
    Widths widths,
    Cost cost,
    double totalLoss,
    double largestLoss,
    OptionalDouble threshold,
    double lowerBound,
    boolean provenOptimal,
    long steps) {
  /** The loss that was made small: the sum, or the largest of a single axis. */
  public double loss() {
    return objective == Objective.SUM ? totalLoss : largestLoss;
  }
}
