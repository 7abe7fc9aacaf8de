package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.domain.model.Kept;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A search whose scores are known: it makes a choice, and cuts the model by it.
 *
 * @param <S> what is chosen
 * @param <C> what is known of a cut model's files
 */
public interface Cutting<S, C> {
  /**
   * Makes a choice.
   *
   * @throws io.espalier.worker.domain.InfeasibleException if no model is within the budget
   */
  S select(Budget budget);

  /** Returns what a choice costs as it is foretold. */
  Cost cost(S choice);

  /** The units that stay by a choice. */
  Kept kept(S choice);

  /** Leaves a cut model, ready for use, in an empty directory. */
  C cut(Kept kept, Path output);

  /** Returns what messages call a choice; empty if it has too many widths to be told in words. */
  Optional<String> name(S choice);

  /** Returns how a policy may allow smaller models, for messages. */
  String remedy();
}
