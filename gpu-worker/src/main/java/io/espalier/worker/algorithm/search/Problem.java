package io.espalier.worker.algorithm.search;

import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import java.util.LinkedHashMap;
import java.util.List;

/** A choice of widths to be made, in arrays: axes and choices are counted from 0. */
final class Problem {
  /** Losses closer than this part of the sum of all are the same. */
  private static final double SAME = 1e-10;

  final SearchSpace space;
  final CostModel costModel;
  final Budget budget;

  /** The axes that have a choice. */
  final List<Choices> axes;

  /** {@code [axis][choice]}, falling. */
  final double[][] losses;

  final PairwiseCosts costs;

  /** Largest value allowed, by bound. */
  final long[] limits;

  /** Returns what the narrowest model loses. */
  final double largestTotal;

  private Problem(SearchSpace space, CostModel costs, Budget budget, Sensitivities losses) {
    this.space = space;
    this.costModel = costs;
    this.budget = budget;
    this.axes = space.configurable();
    this.losses =
        axes.stream()
            .map(choices -> losses.of(choices.axis(), choices.widths().size()))
            .toArray(double[][]::new);
    this.costs = new PairwiseCosts(axes, costs, budget);
    this.limits = budget.bounds().stream().mapToLong(Budget.Bound::limit).toArray();
    this.largestTotal = totalLoss(new int[axes.size()]);
  }

  /**
   * A problem that has a solution.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if no axis has a choice
   * @throws io.espalier.worker.domain.InfeasibleException if no model is within the budget
   */
  static Problem of(SearchSpace space, CostModel costs, Budget budget, Sensitivities losses) {
    space.requireChoice();
    budget.requireReachable(space, costs);
    return new Problem(space, costs, budget, losses);
  }

  int size() {
    return axes.size();
  }

  /** Differences of losses up to this do not count. */
  double tolerance() {
    return SAME * largestTotal;
  }

  double totalLoss(int[] chosen) {
    double total = 0;
    for (int i = 0; i < chosen.length; i++) {
      total += losses[i][chosen[i]];
    }
    return total;
  }

  double largestLoss(int[] chosen) {
    double largest = 0;
    for (int i = 0; i < chosen.length; i++) {
      largest = Math.max(largest, losses[i][chosen[i]]);
    }
    return largest;
  }

  /** The parts of their widths that all axes keep, summed. */
  double breadth(int[] chosen) {
    double breadth = 0;
    for (int i = 0; i < chosen.length; i++) {
      breadth += (double) costs.width(i, chosen[i]) / axes.get(i).axis().units();
    }
    return breadth;
  }

  /** Returns whether a choice loses less than another, or as much with wider axes. */
  boolean isBetter(int[] chosen, int[] than) {
    double less = totalLoss(than) - totalLoss(chosen);
    return less > tolerance() || (less >= -tolerance() && breadth(chosen) > breadth(than) + 1e-9);
  }

  /** Every axis whole. */
  int[] widest() {
    return axes.stream().mapToInt(choices -> choices.widths().size() - 1).toArray();
  }

  /** The choices as widths of all axes of the space. */
  Widths widths(int[] chosen) {
    var widths = new LinkedHashMap<>(space.max().units());
    for (int i = 0; i < chosen.length; i++) {
      widths.put(axes.get(i).axis().name(), costs.width(i, chosen[i]));
    }
    return new Widths(widths);
  }

  /** The choices that make these widths; of widths that are no choice, the next narrower one. */
  int[] chosen(Widths widths) {
    int[] chosen = new int[size()];
    for (int i = 0; i < chosen.length; i++) {
      int width = widths.of(axes.get(i).axis());
      while (chosen[i] + 1 < costs.choices(i) && costs.width(i, chosen[i] + 1) <= width) {
        chosen[i]++;
      }
    }
    return chosen;
  }
}
