package io.espalier.worker.algorithm.search;

/**
 * The model that a search has chosen.
 *
 * @param widths width of every axis that may be cut
 * @param cost what it costs; within the budget
 * @param threshold the loss that a single axis was allowed
 * @param largestLoss the largest loss of a single axis at its chosen width; at most the threshold
 * @param candidates number of thresholds tried
 * @param widenings number of steps by which axes were widened afterwards, into what was left of the
 *     budget
 */
public record Selection(
    Widths widths,
    Cost cost,
    double threshold,
    double largestLoss,
    int candidates,
    int widenings) {}
