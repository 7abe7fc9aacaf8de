package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.domain.model.Kept;
import java.util.List;
import java.util.Optional;

/**
 * A choice that was cut and lies in the output directory.
 *
 * @param <S> what is chosen
 * @param <C> what is known of the files
 * @param choice what was chosen
 * @param kept the units that stay
 * @param cut what is known of the files
 * @param original how fast the original is, measured beside it; empty if they were not timed
 * @param result how fast it is
 * @param trials choices that were timed in memory before it was written; none if latency is not
 *     bounded
 */
public record WrittenCandidate<S, C>(
    S choice,
    Kept kept,
    C cut,
    Optional<Latency> original,
    Optional<Latency> result,
    List<TimedTrial> trials) {
  /** A candidate; the list is copied. */
  public WrittenCandidate {
    trials = List.copyOf(trials);
  }
}
