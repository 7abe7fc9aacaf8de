package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.domain.model.Kept;
import java.util.List;

/**
 * A choice that was cut and lies in the output directory.
 *
 * @param <C> what is known of the files
 * @param selection the widths, with their cost as it was foretold
 * @param kept the units that stay
 * @param cut what is known of the files
 * @param original how fast the original is, measured beside it
 * @param result how fast it is
 * @param trials choices that were timed in memory before it was written; none if latency is not
 *     bounded
 */
public record Candidate<C>(
    Selection selection, Kept kept, C cut, Latency original, Latency result, List<Trial> trials) {
  /** A candidate; the list is copied. */
  public Candidate {
    trials = List.copyOf(trials);
  }
}
