package io.espalier.worker.algorithm.search;

/**
 * A model of a search space on its way: its choices, and what each other choice would cost.
 *
 * <p>For every axis and choice it keeps the part of each cost that depends on that axis, with all
 * others as they are. Asking what a move costs is then a subtraction; making it costs one addition
 * per choice of each axis that meets the moved one.
 */
final class SearchState {
  final Problem problem;
  final int[] chosen;
  private final PairwiseCosts costs;
  private final long[] used;

  /** {@code [quantity][axis][choice]}. */
  private final long[][][] part;

  /** Sizes of the sides of the terms that are no pairs. */
  private final long[][] sizes;

  private final long[] values;
  private long moves;

  /** The narrowest model. */
  SearchState(Problem problem) {
    this.problem = problem;
    this.costs = problem.costs;
    this.chosen = new int[problem.size()];
    this.used = costs.base.clone();
    this.part = new long[used.length][chosen.length][];
    this.sizes = new long[costs.rests.size()][];
    this.values = new long[sizes.length];
    for (int q = 0; q < used.length; q++) {
      for (int i = 0; i < chosen.length; i++) {
        part[q][i] = costs.single[q][i].clone();
        used[q] += part[q][i][0];
        for (int j : costs.neighbours[i]) {
          for (int c = 0; c < part[q][i].length; c++) {
            part[q][i][c] += costs.pair(q, i, c, j, 0);
          }
          used[q] += i < j ? costs.pair(q, i, 0, j, 0) : 0;
        }
      }
    }
    for (int r = 0; r < sizes.length; r++) {
      PairwiseCosts.Rest rest = costs.rests.get(r);
      sizes[r] = rest.fixed.clone();
      for (int side = 0; side < sizes[r].length; side++) {
        for (int i = 0; i < chosen.length; i++) {
          sizes[r][side] += (long) rest.perUnit[side][i] * costs.width(i, 0);
        }
      }
      values[r] = rest.form.of(sizes[r]);
      used[rest.quantity] += values[r];
    }
  }

  /** Returns how much of a bounded quantity the model has. */
  long used(int quantity) {
    return used[quantity];
  }

  /** Returns how many moves were made. */
  long moves() {
    return moves;
  }

  boolean fits() {
    for (int q = 0; q < used.length; q++) {
      if (used[q] > problem.limits[q]) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether the model would be within the budget after a move. */
  boolean fits(int axis, int choice) {
    for (int q = 0; q < used.length; q++) {
      if (used[q] + change(q, axis, choice) > problem.limits[q]) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether the model would be within the budget after two moves. */
  boolean fits(int a, int choiceOfA, int b, int choiceOfB) {
    for (int q = 0; q < used.length; q++) {
      if (used[q] + change(q, a, choiceOfA, b, choiceOfB) > problem.limits[q]) {
        return false;
      }
    }
    return true;
  }

  /** By how much a move would change a quantity. */
  long change(int q, int axis, int choice) {
    long change = part[q][axis][choice] - part[q][axis][chosen[axis]];
    return sizes.length == 0 ? change : change + restChange(q, axis, choice, axis, choice);
  }

  private long change(int q, int a, int choiceOfA, int b, int choiceOfB) {
    long change =
        part[q][a][choiceOfA]
            - part[q][a][chosen[a]]
            + part[q][b][choiceOfB]
            - part[q][b][chosen[b]];
    if (costs.pairOf[a][b] >= 0) {
      change +=
          costs.pair(q, a, choiceOfA, b, choiceOfB)
              - costs.pair(q, a, choiceOfA, b, chosen[b])
              - costs.pair(q, a, chosen[a], b, choiceOfB)
              + costs.pair(q, a, chosen[a], b, chosen[b]);
    }
    return sizes.length == 0 ? change : change + restChange(q, a, choiceOfA, b, choiceOfB);
  }

  /** Over the terms that have either axis, each once; both axes may be the same. */
  private long restChange(int q, int a, int choiceOfA, int b, int choiceOfB) {
    long stepOfA = step(a, choiceOfA);
    long stepOfB = a == b ? 0 : step(b, choiceOfB);
    long change = 0;
    for (int r : costs.restsOf[a]) {
      change += restChange(q, r, a, stepOfA, b, stepOfB);
    }
    if (a != b) {
      for (int r : costs.restsOf[b]) {
        if (!has(costs.rests.get(r), a)) {
          change += restChange(q, r, a, 0, b, stepOfB);
        }
      }
    }
    return change;
  }

  private long restChange(int q, int r, int a, long stepOfA, int b, long stepOfB) {
    PairwiseCosts.Rest rest = costs.rests.get(r);
    if (rest.quantity != q) {
      return 0;
    }
    long[] moved = sizes[r].clone();
    for (int side = 0; side < moved.length; side++) {
      moved[side] += rest.perUnit[side][a] * stepOfA + rest.perUnit[side][b] * stepOfB;
    }
    return rest.form.of(moved) - values[r];
  }

  /** By how many units a move widens an axis. */
  private long step(int axis, int choice) {
    return (long) costs.width(axis, choice) - costs.width(axis, chosen[axis]);
  }

  private static boolean has(PairwiseCosts.Rest rest, int axis) {
    for (int[] side : rest.perUnit) {
      if (side[axis] > 0) {
        return true;
      }
    }
    return false;
  }

  /** Gives an axis another width. */
  void move(int axis, int choice) {
    int from = chosen[axis];
    if (from == choice) {
      return;
    }
    for (int q = 0; q < used.length; q++) {
      used[q] += change(q, axis, choice);
      for (int j : costs.neighbours[axis]) {
        long[] other = part[q][j];
        for (int c = 0; c < other.length; c++) {
          other[c] += costs.pair(q, axis, choice, j, c) - costs.pair(q, axis, from, j, c);
        }
      }
    }
    for (int r : costs.restsOf[axis]) {
      PairwiseCosts.Rest rest = costs.rests.get(r);
      for (int side = 0; side < sizes[r].length; side++) {
        sizes[r][side] += rest.perUnit[side][axis] * step(axis, choice);
      }
      values[r] = rest.form.of(sizes[r]);
    }
    chosen[axis] = choice;
    moves++;
  }

  /** Goes to another model. */
  void moveTo(int[] choices) {
    for (int i = 0; i < choices.length; i++) {
      move(i, choices[i]);
    }
  }
}
