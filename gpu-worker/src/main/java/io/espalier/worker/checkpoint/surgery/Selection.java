package io.espalier.worker.checkpoint.surgery;

import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The kept indices of a dimension. */
final class Selection {
  /** Neighbouring indices. */
  record Run(int first, int count) {}

  private final int size;
  private final boolean whole;
  private final int[] indices;
  private final List<Run> runs;

  private Selection(int size, boolean whole, int[] indices, List<Run> runs) {
    this.size = size;
    this.whole = whole;
    this.indices = indices;
    this.runs = runs;
  }

  /** Selections of a choice of units; worked out once for dimensions that are alike. */
  static final class Choice {
    private final Kept kept;
    private final Map<Dimension, Selection> known = new HashMap<>();

    Choice(Kept kept) {
      this.kept = kept;
    }

    Selection of(Dimension dimension) {
      return known.computeIfAbsent(dimension, this::select);
    }

    private Selection select(Dimension dimension) {
      int size = dimension.size();
      if (!dimension.isCutBy(kept)) {
        return new Selection(size, true, new int[0], List.of(new Run(0, size)));
      }
      int[] indices = dimension.indices(kept);
      return new Selection(size, false, indices, runs(indices));
    }
  }

  private static List<Run> runs(int[] indices) {
    var runs = new ArrayList<Run>();
    for (int begin = 0, end = 1; begin < indices.length; begin = end++) {
      while (end < indices.length && indices[end] == indices[end - 1] + 1) {
        end++;
      }
      runs.add(new Run(indices[begin], end - begin));
    }
    return List.copyOf(runs);
  }

  /** Number of indices before. */
  int size() {
    return size;
  }

  /** Returns whether all of them stay. */
  boolean isWhole() {
    return whole;
  }

  /** Returns how many stay. */
  int kept() {
    return whole ? size : indices.length;
  }

  /** Those that stay, in runs. */
  List<Run> runs() {
    return runs;
  }

  /** Those that stay, one by one, if not all do; not to be changed. */
  int[] indices() {
    return indices;
  }
}
