package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.prune.FileCosts;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InvalidInputException;
import java.util.List;
import java.util.Optional;

/**
 * What is known of a pruning before any tensor is loaded.
 *
 * @param blueprint of the model at hand
 * @param goal what is asked of it
 * @param whole what the model costs; bytes are those of its files as they are
 * @param budget what is allowed in numbers; nothing if sizes are asked for
 * @param candidates versions to choose from, the largest first; none if layers have widths of their
 *     own
 * @param perLayer the search in which they have
 */
public record MinitronPlan(
    Blueprint blueprint,
    Goal goal,
    Cost whole,
    Budget budget,
    List<Candidate> candidates,
    Optional<PerLayer> perLayer) {
  /** A plan; the list is copied. */
  public MinitronPlan {
    candidates = List.copyOf(candidates);
  }

  /**
   * Looks for versions.
   *
   * @throws InvalidInputException if sizes do not fit the model, or there is nothing to choose
   * @throws io.espalier.worker.domain.InfeasibleException if no version is within the budget
   */
  public static MinitronPlan of(Blueprint blueprint, Goal goal) {
    ModelDirectory files = blueprint.model().directory();
    CostModel costs = costs(blueprint, goal);
    Cost whole = FileCosts.whole(costs, files);
    Budget budget =
        goal.constraints()
            .map(asked -> asked.ofSequences(blueprint.model().tokens()).budget(whole))
            .orElse(new Budget(List.of()));
    if (goal.perLayer()) {
      PerLayer search = PerLayer.of(blueprint, goal.divisors(), goal.mostWidth(), costs);
      search.space().requireChoice();
      budget.requireReachable(search.space(), costs);
      return new MinitronPlan(blueprint, goal, whole, budget, List.of(), Optional.of(search));
    }
    return new MinitronPlan(
        blueprint, goal, whole, budget, candidates(blueprint, goal, budget), Optional.empty());
  }

  private static List<Candidate> candidates(Blueprint blueprint, Goal goal, Budget budget) {
    var costs = new UniformCosts(blueprint, goal.sharding(), goal.cache());
    Sizes whole = blueprint.sizes();
    if (goal.export().isPresent()) {
      Sizes sizes =
          goal.export().get().of(blueprint, goal.divisors().ofExport(whole), goal.stock());
      return List.of(new Candidate(sizes, costs.of(sizes)));
    }
    var grid = new Grid(whole, goal.divisors().ofSearch(whole), goal.mostWidth(), goal.mostDepth());
    return new SizeSearch(blueprint, grid, costs, goal.stock()).largest(budget, goal.topK());
  }

  /** Costs of versions as files, and in memory if it is said of how many tokens. */
  private static CostModel costs(Blueprint blueprint, Goal goal) {
    CostModel files =
        FileCosts.of(blueprint.open(), blueprint.model().directory(), goal.sharding());
    return goal.cache()
        .map(cache -> files.withMemory(Cache.kept(blueprint), cache.bytes(blueprint)))
        .orElse(files);
  }

  /** What a model that was made of the blueprint's costs as it lies there. */
  Cost cost(Blueprint made) {
    CostModel files = FileCosts.of(made.architecture(), made.model().directory());
    CostModel costs =
        goal.cache()
            .map(cache -> files.withMemory(Cache.kept(made), cache.bytes(made)))
            .orElse(files);
    return FileCosts.whole(costs, made.model().directory());
  }
}
