package io.espalier.worker.algorithm.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Looks for prices of the bounded quantities at which the model that minimises losses plus priced
 * costs lies at the edge of the budget (Lagrangian relaxation; Everett 1963). Such a model, brought
 * into the budget, is close to the best; and the highest minimum is a lower bound of every loss.
 */
final class Pricing {
  private static final int DOUBLINGS = 60;
  private static final int BISECTIONS = 14;
  private static final int SUBGRADIENT_STEPS = 40;

  private final Problem problem;
  private final SearchState point;
  private final Descent descent;
  private final Optional<Elimination> elimination;
  private final List<int[]> models = new ArrayList<>();
  private double[] bestPrices;
  private double bound;

  Pricing(SearchState point, Optional<Elimination> elimination) {
    this.point = point;
    this.problem = point.problem;
    this.descent = new Descent(point);
    this.elimination = elimination;
    this.bestPrices = new double[problem.limits.length];
  }

  /** Models worth improving, most of them somewhat over or under the budget. */
  List<int[]> models() {
    return List.copyOf(models);
  }

  /** No model within the budget loses less. */
  double bound() {
    return bound;
  }

  /**
   * Runs; the elimination, if there is one, then has the tables of the best prices.
   *
   * @param known loss of some model within the budget
   */
  void run(double known) {
    if (problem.largestTotal == 0) {
      return;
    }
    for (int q = 0; q < problem.limits.length; q++) {
      bisect(q);
    }
    if (problem.limits.length > 1) {
      ascend(Math.min(known, leastFitted()));
    }
    elimination.ifPresent(tables -> tables.price(bestPrices));
  }

  /** The price of one quantity, the others for free. */
  private void bisect(int q) {
    double[] prices = new double[problem.limits.length];
    double low = 0;
    double high = problem.largestTotal / problem.size();
    for (int i = 0; i < DOUBLINGS; i++) {
      prices[q] = high;
      visit(prices);
      if (point.used(q) <= problem.limits[q]) {
        break;
      }
      low = high;
      high *= 2;
    }
    for (int i = 0; i < BISECTIONS; i++) {
      prices[q] = (low + high) / 2;
      visit(prices);
      if (point.used(q) <= problem.limits[q]) {
        high = prices[q];
      } else {
        low = prices[q];
      }
    }
  }

  /** The least loss of a model so far, brought into the budget. */
  private double leastFitted() {
    var fitting = new Fitting(point);
    double least = Double.POSITIVE_INFINITY;
    for (int[] model : models) {
      point.moveTo(model);
      fitting.narrow();
      fitting.widen();
      least = Math.min(least, problem.totalLoss(point.chosen));
    }
    return least;
  }

  /** Steps along the excess over all bounds (Polyak's step to the known loss). */
  private void ascend(double known) {
    double[] prices = bestPrices.clone();
    double part = 1;
    for (int step = 0; step < SUBGRADIENT_STEPS; step++) {
      double value = visit(prices);
      double square = 0;
      double[] excess = new double[prices.length];
      for (int q = 0; q < prices.length; q++) {
        excess[q] = ((double) point.used(q) - problem.limits[q]) / Math.max(1, problem.limits[q]);
        boolean held = prices[q] == 0 && excess[q] < 0;
        square += held ? 0 : excess[q] * excess[q];
      }
      double gap = known - value;
      if (square == 0 || gap <= problem.tolerance()) {
        return;
      }
      for (int q = 0; q < prices.length; q++) {
        prices[q] = Math.max(0, prices[q] + part * gap / square * excess[q]);
      }
      part *= 0.95;
    }
  }

  /** Moves to the best model at these prices; its losses plus priced excess. */
  private double visit(double[] prices) {
    int[] model;
    if (elimination.isPresent()) {
      elimination.get().price(prices);
      model = elimination.get().minimiser();
      if (elimination.get().lowest() > bound) {
        bound = elimination.get().lowest();
        bestPrices = prices.clone();
      }
    } else {
      model = descent.minimiser(prices);
    }
    if (models.stream().noneMatch(other -> java.util.Arrays.equals(other, model))) {
      models.add(model);
    }
    point.moveTo(model);
    double value = problem.totalLoss(model);
    for (int q = 0; q < prices.length; q++) {
      value +=
          prices[q] * ((double) point.used(q) - problem.limits[q]) / Math.max(1, problem.limits[q]);
    }
    return value;
  }
}
