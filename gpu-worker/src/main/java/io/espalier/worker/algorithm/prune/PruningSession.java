package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Judgement;
import java.nio.file.Path;

/**
 * A pruning whose original is measured: the parts that an algorithm supplies. {@link PruningSteps}
 * calls each once, in this order.
 *
 * @param <S> what choices go by
 * @param <C> what is known of a cut model's files
 * @param <D> how it is decided what comes out
 */
public interface PruningSession<S, C, D extends Decision> {
  /** Returns what is allowed, of which it is known that some model is within it. */
  SearchBudget budget();

  /** Returns how good the original is. */
  Judgement original();

  /** Measures what choices go by. */
  S score();

  /**
   * Leaves a cut model within the budget in the output directory.
   *
   * @param output empty directory
   * @throws io.espalier.worker.domain.InfeasibleException if there is none
   */
  ChosenCut<C, D> choose(S scores, Path output);

  /** Improves the cut model in its files: solves anew for what reads cut units, or calibrates. */
  CompletedCut complete(S scores, WrittenCandidate<?, C> cut);

  /** Measures how good the result is as it lies on disk, on the data of the original. */
  Judgement result(C cut);
}
