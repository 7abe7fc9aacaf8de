package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Curve;
import io.espalier.worker.algorithm.search.Selection;
import java.util.List;

/** Decision on which model comes out. */
public sealed interface Decision {
  /** Returns what the model that came out costs as it was foretold. */
  Cost foretold();

  /**
   * Widths of single axes that lose the least together.
   *
   * @param selection the widths
   * @param curve what other budgets would have led to
   */
  record Solved(Selection selection, Curve curve) implements Decision {
    @Override
    public Cost foretold() {
      return selection.cost();
    }
  }

  /**
   * The best of whole models that were compared.
   *
   * @param candidates the models, the largest first
   * @param chosen position of the one that came out among them
   */
  record Compared(List<ScoredCandidate> candidates, int chosen) implements Decision {
    /** A comparison; the list is copied. */
    public Compared {
      candidates = List.copyOf(candidates);
      if (chosen < 0 || chosen >= candidates.size()) {
        throw new IllegalArgumentException(
            "candidate %d of %d".formatted(chosen, candidates.size()));
      }
    }

    @Override
    public Cost foretold() {
      return candidates.get(chosen).cost();
    }
  }
}
