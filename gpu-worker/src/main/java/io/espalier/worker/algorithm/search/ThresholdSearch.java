package io.espalier.worker.algorithm.search;

import java.util.Arrays;
import java.util.stream.Stream;

/**
 * The search of FastNAS: the smallest loss that, allowed to every axis, leads into the budget.
 *
 * <p>For a threshold t every axis takes its narrowest width that loses at most t alone. A larger t
 * never widens anything, so the smallest t within the budget is found by bisection. What is left of
 * the budget is then given back, to the axis that regains the most loss per part of the budget.
 *
 * <p>Differences from ModelOpt 0.40 ({@code modelopt/torch/nas/algorithms.py}, BinarySearcher),
 * which bisects real numbers until the midpoint moves by less than 1e-5: the bisection is over the
 * losses that occur, so that it ends at the exact threshold; the largest of them is tried too, so
 * that the result is always within the budget; and slack is used, so that flat losses do not lead
 * to the narrowest model.
 */
final class ThresholdSearch {
  private final Problem problem;
  private final SearchState point;

  ThresholdSearch(Problem problem, SearchState point) {
    this.problem = problem;
    this.point = point;
  }

  /**
   * Moves the point to the solution and widens it.
   *
   * @return the threshold
   */
  double run() {
    double[] thresholds =
        Stream.of(problem.losses).flatMapToDouble(Arrays::stream).sorted().distinct().toArray();
    int low = 0;
    int high = thresholds.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      point.moveTo(narrowest(thresholds[middle]));
      if (point.fits()) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    point.moveTo(narrowest(thresholds[high]));
    new Fitting(point).widen();
    return thresholds[high];
  }

  /** For every axis the position of its narrowest width that loses at most this much. */
  private int[] narrowest(double threshold) {
    int[] chosen = new int[problem.size()];
    for (int i = 0; i < chosen.length; i++) {
      while (chosen[i] + 1 < problem.losses[i].length && problem.losses[i][chosen[i]] > threshold) {
        chosen[i]++;
      }
    }
    return chosen;
  }
}
