package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;

/**
 * A search whose scores are known: it chooses widths, and cuts the model to them.
 *
 * @param <C> what is known of a cut model's files
 */
public interface Cutting<C> {
  /**
   * Chooses widths.
   *
   * @throws io.espalier.worker.domain.InfeasibleException if no model is within the budget
   */
  Selection select(Budget budget);

  /** The units that stay at widths. */
  Kept kept(Widths widths);

  /** Leaves a cut model, ready for use, in an empty directory. */
  C cut(Kept kept, Path output);

  /** The numbers of a cut model, for the caller to close. */
  Weights load(C cut);
}
