package io.espalier.worker.algorithm.search;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Chooses the model of a search space that loses the least within a budget.
 *
 * <p>The result is always within every bound, no single axis of it can be widened by a step within
 * the budget, and the same arguments always lead to the same result: effort is limited by numbers
 * of rounds and nodes, not by time.
 *
 * <p>Theory. Losses are measured axis by axis and taken as if they did not interact, so {@link
 * Objective#SUM} is a knapsack problem whose costs are sums over pairs of axes. It is solved from
 * several sides: (1) models at the edge of the budget for some price of what they cost, found
 * exactly where the pairs of axes form chains and residual streams; (2) local search by exchanges
 * from these; (3) branch and bound with the prices' lower bound, which proves the best on small
 * spaces and says how far from it the result can be at most on large ones. {@link Objective#MAX} is
 * solved exactly by bisection.
 */
public final class Solver {
  /**
   * Effort of a search.
   *
   * @param starts models that exchanges start from
   * @param rounds random changes of the best
   * @param nodes nodes of the branch and bound
   */
  record Effort(int starts, int rounds, long nodes) {
    static final Effort USUAL = new Effort(4, 24, 50_000);
  }

  private final Problem problem;
  private final Effort effort;
  private final SearchState point;
  private final Optional<Elimination> elimination;
  private int[] best;
  private long nodes;

  private Solver(Problem problem, Effort effort, Optional<Elimination> elimination) {
    this.problem = problem;
    this.effort = effort;
    this.point = new SearchState(problem);
    this.elimination = elimination;
    this.best = point.chosen.clone();
  }

  /**
   * Chooses a model.
   *
   * @param sensitivities of every axis of the space that has more than one width
   * @throws io.espalier.worker.domain.InvalidInputException if there is nothing to choose
   * @throws io.espalier.worker.domain.InfeasibleException if no model is within the budget
   */
  public static Selection select(
      SearchSpace space,
      CostModel costs,
      Budget budget,
      Sensitivities sensitivities,
      Objective objective) {
    Problem problem = Problem.of(space, costs, budget, sensitivities);
    return select(problem, objective, Effort.USUAL, Optional.empty());
  }

  /**
   * Chooses a model.
   *
   * @param known widths within the budget to be at least as good as, if any
   */
  static Selection select(
      Problem problem, Objective objective, Effort effort, Optional<Widths> known) {
    return switch (objective) {
      case MAX -> new Solver(problem, effort, Optional.empty()).max();
      case SUM -> new Solver(problem, effort, Elimination.of(problem)).sum(known);
    };
  }

  private Selection max() {
    double threshold = new ThresholdSearch(problem, point).run();
    best = point.chosen.clone();
    return selection(Objective.MAX, OptionalDouble.of(threshold), problem.largestLoss(best), true);
  }

  private Selection sum(Optional<Widths> known) {
    point.moveTo(problem.widest());
    if (point.fits()) {
      best = problem.widest();
      return selection(Objective.SUM, OptionalDouble.empty(), problem.totalLoss(best), true);
    }
    new ThresholdSearch(problem, point).run();
    best = point.chosen.clone();
    known.ifPresent(widths -> consider(problem.chosen(widths)));
    var pricing = new Pricing(point, elimination);
    pricing.run(problem.totalLoss(best));
    for (int[] start : starts(pricing.models())) {
      point.moveTo(start);
      new ExchangeSearch(point).improve();
      consider(point.chosen);
    }
    point.moveTo(best);
    new ExchangeSearch(point).improve(effort.rounds());
    consider(point.chosen);
    boolean proven = branchAndBound(pricing.bound());
    point.moveTo(best);
    new Fitting(point).widen();
    best = point.chosen.clone();
    double total = problem.totalLoss(best);
    return selection(
        Objective.SUM, OptionalDouble.empty(), proven ? total : pricing.bound(), proven);
  }

  private boolean branchAndBound(double bound) {
    if (problem.totalLoss(best) - bound <= problem.tolerance()) {
      return true;
    }
    // without the prices' bound, more nodes only prove something on spaces of a few thousand models
    long mostNodes = elimination.isPresent() ? effort.nodes() : effort.nodes() / 5;
    if (mostNodes == 0) {
      return false;
    }
    var search = new BranchAndBound(point, elimination, best, mostNodes);
    boolean proven = search.run();
    nodes = search.nodes();
    point.moveTo(search.best());
    new Fitting(point).widen();
    consider(point.chosen);
    return proven;
  }

  /** The best few of the models found so far, all brought into the budget. */
  private List<int[]> starts(List<int[]> models) {
    var fitting = new Fitting(point);
    var starts = new ArrayList<int[]>();
    starts.add(best);
    var all = new ArrayList<>(models);
    all.add(problem.widest());
    for (int[] model : all) {
      point.moveTo(model);
      fitting.narrow();
      fitting.widen();
      int[] fitted = point.chosen.clone();
      if (starts.stream().noneMatch(other -> Arrays.equals(other, fitted))) {
        starts.add(fitted);
      }
    }
    starts.sort((a, b) -> Double.compare(problem.totalLoss(a), problem.totalLoss(b)));
    return starts.subList(0, Math.min(starts.size(), effort.starts()));
  }

  private void consider(int[] chosen) {
    if (problem.isBetter(chosen, best)) {
      best = chosen.clone();
    }
  }

  private Selection selection(
      Objective objective, OptionalDouble threshold, double bound, boolean proven) {
    Widths widths = problem.widths(best);
    return new Selection(
        objective,
        widths,
        problem.costModel.cost(widths),
        problem.totalLoss(best),
        problem.largestLoss(best),
        threshold,
        bound,
        proven,
        point.moves() + nodes);
  }
}
