package io.espalier.worker.algorithm.search;

/**
 * Brings a model into the budget, and fills the budget up: one axis after another, each time the
 * one whose change is worth the most.
 */
final class Fitting {
  private final SearchState point;
  private final Problem problem;

  Fitting(SearchState point) {
    this.point = point;
    this.problem = point.problem;
  }

  /** Narrows until the model is within the budget: the least loss for what is saved too much. */
  void narrow() {
    while (!point.fits()) {
      int axis = -1;
      int choice = 0;
      double best = Double.POSITIVE_INFINITY;
      for (int i = 0; i < problem.size(); i++) {
        double[] losses = problem.losses[i];
        int now = point.chosen[i];
        for (int c = now - 1; c >= 0; c--) {
          double price = (losses[c] - losses[now] + problem.tolerance()) / saved(i, c);
          if (price < best || axis < 0) {
            axis = i;
            choice = c;
            best = price;
          }
        }
      }
      point.move(axis, choice);
    }
  }

  /**
   * Widens until no axis can be widened by a step: the most loss regained for the part of the
   * budget that it takes; among equals the axis that is cut the most, then the first of the forward
   * pass.
   *
   * @return steps taken
   */
  int widen() {
    int steps = 0;
    while (true) {
      int axis = -1;
      int choice = 0;
      double best = 0;
      for (int i = 0; i < problem.size(); i++) {
        double[] losses = problem.losses[i];
        int now = point.chosen[i];
        for (int c = now + 1; c < losses.length && point.fits(i, c); c++) {
          double worth = (losses[now] - losses[c]) / taken(i, c);
          if (axis < 0 || worth > best || (worth == best && i != axis && isCutMore(i, axis))) {
            axis = i;
            choice = c;
            best = worth;
          }
        }
      }
      if (axis < 0) {
        return steps;
      }
      steps += choice - point.chosen[axis];
      point.move(axis, choice);
    }
  }

  /** The part of the bounds that a narrower axis brings a model closer to them, never 0. */
  private double saved(int axis, int choice) {
    double saved = Double.MIN_NORMAL;
    for (int q = 0; q < problem.limits.length; q++) {
      double excess = (double) point.used(q) - problem.limits[q];
      if (excess > 0) {
        saved += Math.min(excess, -(double) point.change(q, axis, choice)) / problem.limits[q];
      }
    }
    return saved;
  }

  /** The part of the budget that a wider axis takes: of the bound of which it takes the most. */
  private double taken(int axis, int choice) {
    double taken = Double.MIN_NORMAL;
    for (int q = 0; q < problem.limits.length; q++) {
      taken = Math.max(taken, (double) point.change(q, axis, choice) / problem.limits[q]);
    }
    return taken;
  }

  private boolean isCutMore(int a, int b) {
    // a/unitsA < b/unitsB in whole numbers
    return width(a) * problem.axes.get(b).axis().units()
        < width(b) * problem.axes.get(a).axis().units();
  }

  private long width(int axis) {
    return problem.costs.width(axis, point.chosen[axis]);
  }
}
