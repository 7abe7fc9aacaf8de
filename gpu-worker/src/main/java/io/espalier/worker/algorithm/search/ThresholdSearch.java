package io.espalier.worker.algorithm.search;

import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import java.util.List;
import java.util.stream.Stream;

/**
 * The search of FastNAS: the smallest loss that, allowed to every axis, leads into the budget.
 *
 * <p>For a threshold t every axis takes its narrowest width that loses at most t alone. A larger t
 * never widens anything, so the smallest t within the budget is found by bisection. What is left of
 * the budget is then given back step by step, to the axis that regains the most loss per part of
 * the budget; among equals to the one that is cut the most, and then to the first in the order of
 * the forward pass.
 *
 * <p>Differences from ModelOpt 0.40 ({@code modelopt/torch/nas/algorithms.py}, BinarySearcher),
 * which bisects real numbers until the midpoint moves by less than 1e-5: the bisection is over the
 * losses that occur, so that it ends at the exact threshold; the largest of them is tried too, so
 * that the result is always within the budget; and slack is used, so that flat losses do not lead
 * to the narrowest model.
 */
public final class ThresholdSearch {
  private final List<Choices> axes;
  private final double[][] losses;
  private final int[] index;
  private final CostModel costs;
  private final Budget budget;

  private ThresholdSearch(
      SearchSpace space, CostModel costs, Budget budget, Sensitivities sensitivities) {
    this.axes = space.axes();
    this.costs = costs;
    this.budget = budget;
    this.index = axes.stream().mapToInt(choices -> costs.indexOf(choices.axis())).toArray();
    this.losses =
        axes.stream()
            .map(choices -> sensitivities.of(choices.axis(), choices.widths().size()))
            .toArray(double[][]::new);
  }

  /**
   * Chooses a model. The same arguments always give the same model, and no single axis of it could
   * be widened by one step within the budget.
   *
   * @param sensitivities of every axis of the space
   * @throws io.espalier.worker.domain.InfeasibleException if no model is within the budget
   */
  public static Selection select(
      SearchSpace space, CostModel costs, Budget budget, Sensitivities sensitivities) {
    budget.requireReachable(space, costs);
    return new ThresholdSearch(space, costs, budget, sensitivities).select();
  }

  private Selection select() {
    double[] thresholds =
        Stream.of(losses).flatMapToDouble(java.util.Arrays::stream).sorted().distinct().toArray();
    int low = 0;
    int high = Math.max(0, thresholds.length - 1);
    int candidates = 0;
    while (low < high) {
      int middle = (low + high) >>> 1;
      candidates++;
      if (budget.holds(cost(narrowest(thresholds[middle])))) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    double threshold = thresholds.length == 0 ? 0 : thresholds[high];
    int[] chosen = narrowest(threshold);
    int widenings = widen(chosen);
    return new Selection(
        widths(chosen), cost(chosen), threshold, largestLoss(chosen), candidates + 1, widenings);
  }

  /** For every axis the position of its narrowest width that loses at most this much. */
  private int[] narrowest(double threshold) {
    int[] chosen = new int[axes.size()];
    for (int i = 0; i < chosen.length; i++) {
      while (losses[i][chosen[i]] > threshold) {
        chosen[i]++;
      }
    }
    return chosen;
  }

  private int widen(int[] chosen) {
    int steps = 0;
    for (int axis = mostWorthWidening(chosen); axis >= 0; axis = mostWorthWidening(chosen)) {
      chosen[axis]++;
      steps++;
    }
    return steps;
  }

  /** The axis to widen next, or -1 if none can be widened within the budget. */
  private int mostWorthWidening(int[] chosen) {
    Cost now = cost(chosen);
    int best = -1;
    double bestWorth = 0;
    for (int i = 0; i < chosen.length; i++) {
      if (chosen[i] + 1 == losses[i].length) {
        continue;
      }
      chosen[i]++;
      Cost wider = cost(chosen);
      chosen[i]--;
      if (budget.holds(wider)) {
        double worth = (losses[i][chosen[i]] - losses[i][chosen[i] + 1]) / share(now, wider);
        if (best < 0 || worth > bestWorth || (worth == bestWorth && isCutMore(i, best, chosen))) {
          best = i;
          bestWorth = worth;
        }
      }
    }
    return best;
  }

  /** The part of the budget that a step takes: of the bound of which it takes the most. */
  private double share(Cost now, Cost wider) {
    double share = Double.MIN_NORMAL;
    for (Budget.Bound bound : budget.bounds()) {
      double used = bound.quantity().of(wider) - bound.quantity().of(now);
      share = Math.max(share, used / bound.limit());
    }
    return share;
  }

  private boolean isCutMore(int a, int b, int[] chosen) {
    // a/unitsA < b/unitsB in whole numbers
    return (long) width(a, chosen) * axes.get(b).axis().units()
        < (long) width(b, chosen) * axes.get(a).axis().units();
  }

  private int width(int axis, int[] chosen) {
    return axes.get(axis).widths().get(chosen[axis]);
  }

  private Cost cost(int[] chosen) {
    int[] widths = costs.whole();
    for (int i = 0; i < chosen.length; i++) {
      widths[index[i]] = width(i, chosen);
    }
    return costs.cost(widths);
  }

  private Widths widths(int[] chosen) {
    var widths = new java.util.LinkedHashMap<String, Integer>();
    for (int i = 0; i < chosen.length; i++) {
      widths.put(axes.get(i).axis().name(), width(i, chosen));
    }
    return new Widths(widths);
  }

  private double largestLoss(int[] chosen) {
    double largest = 0;
    for (int i = 0; i < chosen.length; i++) {
      largest = Math.max(largest, losses[i][chosen[i]]);
    }
    return largest;
  }
}
