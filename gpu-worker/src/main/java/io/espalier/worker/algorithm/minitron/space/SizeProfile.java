package io.espalier.worker.algorithm.minitron.space;

import io.espalier.worker.algorithm.minitron.size.DecoderDimension;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.minitron.size.SizeDivisors;
import io.espalier.worker.algorithm.minitron.size.SizeGrid;
import io.espalier.worker.algorithm.prune.FileCosts;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Budget.Bound;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.model.Axis;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

/** Profile of the sizes that a search may choose, without data. */
public final class SizeProfile {
  private SizeProfile() {}

  /**
   * The profile of a decoder with usual divisors and limits, of sizes that loaders of the family
   * open; how many there are counts the others, too. Where layers with and without experts are
   * mixed, subnets with fewer layers cost what they do at most.
   *
   * @param constraints bounds to give a verdict on, each by itself
   * @throws io.espalier.worker.domain.InvalidInputException if layers are not all alike
   */
  public static Profile of(NetworkBlueprint blueprint, Optional<Constraints> constraints) {
    DecoderSizes whole = blueprint.sizes();
    var grid =
        new SizeGrid(
            whole,
            blueprint.chosen(),
            SizeDivisors.Asked.NOTHING.ofSearch(whole),
            SizeGrid.USUAL_WIDTH,
            SizeGrid.USUAL_DEPTH);
    var costs = new UniformCosts(blueprint, Sharding.asBefore(), Optional.empty());
    var search = new SizeSearch(blueprint, grid, costs, true);
    Cost all = FileCosts.whole(FileCosts.of(blueprint.open(), files(blueprint)), files(blueprint));
    Budget budget = constraints.map(asked -> asked.budget(all)).orElse(new Budget(List.of()));
    return of(blueprint, grid, costs, search, all, budget);
  }

  /**
   * The profile of a grid.
   *
   * @param all what the model at hand costs
   * @param budget bounds to give a verdict on, each by itself
   */
  static Profile of(
      NetworkBlueprint blueprint,
      SizeGrid grid,
      UniformCosts costs,
      SizeSearch search,
      Cost all,
      Budget budget) {
    return new Profile(
        blueprint.architecture().name(),
        axes(grid),
        axes(grid).stream()
            .map(each -> BigInteger.valueOf(each.widths().size()))
            .reduce(BigInteger.ONE, BigInteger::multiply),
        costs.of(sizes(grid, widths -> widths.get(0))),
        costs.of(sizes(grid, widths -> widths.get(widths.size() / 2))),
        all,
        budget.bounds().stream()
            .map(bound -> new Profile.Verdict(bound, reaches(search, bound)))
            .toList());
  }

  private static ModelDirectory files(NetworkBlueprint blueprint) {
    return blueprint.model().directory();
  }

  private static boolean reaches(SizeSearch search, Bound bound) {
    try {
      return !search.largest(new Budget(List.of(bound)), 1).isEmpty();
    } catch (InfeasibleException e) {
      return false;
    }
  }

  /** Those with more than one choice. */
  private static List<Choices> axes(SizeGrid grid) {
    var choices = new LinkedHashMap<String, List<Integer>>();
    choices.put(DecoderDimension.HIDDEN.word(), grid.hidden());
    choices.put(DecoderDimension.NEURONS.word(), grid.neurons());
    choices.put(DecoderDimension.EXPERTS.word(), grid.experts());
    choices.put(DecoderDimension.EXPERT_NEURONS.word(), grid.expertNeurons());
    choices.put(DecoderDimension.SHARED_NEURONS.word(), grid.sharedNeurons());
    choices.put("heads in a group", grid.headsPerGroup());
    choices.put(DecoderDimension.GROUPS.word(), grid.groups());
    choices.put(DecoderDimension.LAYERS.word(), grid.layers());
    return choices.entrySet().stream()
        .filter(each -> each.getValue().size() > 1)
        .map(each -> choices(each.getKey(), each.getValue()))
        .toList();
  }

  private static Choices choices(String name, List<Integer> widths) {
    return new Choices(new Axis(name, widths.get(widths.size() - 1)), widths);
  }

  private static DecoderSizes sizes(SizeGrid grid, ToIntFunction<List<Integer>> choose) {
    int groups = choose.applyAsInt(grid.groups());
    return new DecoderSizes(
        choose.applyAsInt(grid.hidden()),
        choose.applyAsInt(grid.neurons()),
        choose.applyAsInt(grid.experts()),
        choose.applyAsInt(grid.expertNeurons()),
        choose.applyAsInt(grid.sharedNeurons()),
        choose.applyAsInt(grid.headsPerGroup()) * groups,
        groups,
        choose.applyAsInt(grid.layers()));
  }
}
