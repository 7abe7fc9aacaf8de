package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.domain.model.Kept;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Outcome of a pruning, whatever it went by.
 *
 * @param <D> how it was decided what comes out
 * @param before the model that went in, as it was delivered
 * @param after the model that came out
 * @param samples images, answers, texts or tokens that both were measured on
 * @param decision how it was decided what comes out
 * @param kept the units that stay
 * @param trials choices that were timed before one went out; none if latency is not bounded
 * @param profile the search space, and what was allowed in numbers; costs with latency as it was
 *     foretold, if it was; empty if there was nothing to search
 * @param budget what was allowed in numbers; latency as the last measurement has it
 * @param seconds time by phase, in the order of the work
 * @param device the device it ran on, in words
 */
public record PruningOutcome<D extends Decision>(
    MeasuredModel before,
    MeasuredModel after,
    long samples,
    D decision,
    Kept kept,
    List<TimedTrial> trials,
    Optional<Profile> profile,
    Budget budget,
    Map<String, Double> seconds,
    String device) {
  /** An outcome; the list is copied. */
  public PruningOutcome {
    trials = List.copyOf(trials);
  }
}
