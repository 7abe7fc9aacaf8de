package io.espalier.worker.algorithm.search;

/**
 * Lowers the losses plus priced costs of a model axis by axis, from the widest, where {@link
 * Elimination} would be too large. Ends at a model that no single axis improves, which need not be
 * the best.
 */
final class Descent {
  private static final int MOST_PASSES = 50;

  private final Problem problem;
  private final SearchState point;

  Descent(SearchState point) {
    this.problem = point.problem;
    this.point = point;
  }

  int[] minimiser(double[] prices) {
    point.moveTo(problem.widest());
    boolean moved = true;
    for (int pass = 0; moved && pass < MOST_PASSES; pass++) {
      moved = false;
      for (int axis = 0; axis < problem.size(); axis++) {
        int choice = best(axis, prices);
        moved |= choice != point.chosen[axis];
        point.move(axis, choice);
      }
    }
    return point.chosen.clone();
  }

  private int best(int axis, double[] prices) {
    double[] losses = problem.losses[axis];
    int best = point.chosen[axis];
    double lowest = losses[best] - problem.tolerance();
    for (int c = 0; c < losses.length; c++) {
      double value = losses[c];
      for (int q = 0; q < prices.length; q++) {
        value += prices[q] * point.change(q, axis, c) / Math.max(1, problem.limits[q]);
      }
      if (value < lowest) {
        best = c;
        lowest = value;
      }
    }
    return best;
  }
}
