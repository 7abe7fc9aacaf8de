package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Sensitivities;
import io.espalier.worker.algorithm.search.Solver;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Axis;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * A search in which each layer has a number of neurons and of heads of its own; the stream, groups
 * of heads and layers stay. Where heads share keys and values, equally many go from each group.
 *
 * <p>What a width loses is the part of the squared scores of a layer's units, neurons and heads
 * apart, that is of the units that go: by how much they fire, all layers count alike. The solver is
 * the one that all algorithms share.
 *
 * @param blueprint of the model
 * @param space widths that axes may have
 * @param costs of its models
 */
record PerLayer(Blueprint blueprint, SearchSpace space, CostModel costs) {
  /**
   * The search of a model.
   *
   * @param divisors what is said of divisors
   * @param most the largest part of a width that may go
   * @throws InvalidInputException if the model has experts
   */
  static PerLayer of(Blueprint blueprint, Divisors.Asked divisors, double most, CostModel costs) {
    if (!blueprint.sparseLayers().isEmpty()) {
      throw new InvalidInputException(
          "prune.perLayer: wanted with models without experts, since these are of one number and width in all layers, but %s has them in %d layers"
              .formatted(blueprint.model().directory().path(), blueprint.sparseLayers().size()));
    }
    var axes = new ArrayList<Choices>();
    for (int layer = 0; layer < blueprint.blocks().size(); layer++) {
      Axis heads = blueprint.heads(layer);
      Axis neurons = blueprint.neurons(layer);
      int groups = blueprint.groups(layer).units();
      boolean shared = !blueprint.groups(layer).equals(heads);
      var alone = new Sizes(blueprint.hidden().units(), neurons.units(), heads.units(), groups, 1);
      var grid = new Grid(alone, 0, divisors.ofSearch(alone), most, 0);
      List<Integer> left =
          shared
              ? grid.headsPerGroup().stream().map(each -> each * groups).toList()
              : grid.groups();
      axes.add(new Choices(heads, left));
      axes.add(new Choices(neurons, grid.neurons()));
    }
    return new PerLayer(blueprint, new SearchSpace(blueprint.open(), axes), costs);
  }

  /** The widths that lose the least within a budget. */
  Selection select(Budget budget, Activity activity) {
    return Solver.select(space, costs, budget, losses(activity), Objective.SUM);
  }

  /** What each width loses. */
  Sensitivities losses(Activity activity) {
    Map<String, double[]> losses = new LinkedHashMap<>();
    for (int layer = 0; layer < blueprint.blocks().size(); layer++) {
      int groups = blueprint.groups(layer).units();
      Axis heads = blueprint.heads(layer);
      boolean shared = !blueprint.groups(layer).equals(heads);
      put(losses, heads, activity.heads(layer), shared ? groups : 1);
      put(losses, blueprint.neurons(layer), activity.neurons(layer), 1);
    }
    return new Sensitivities(losses);
  }

  private void put(Map<String, double[]> losses, Axis axis, double[] scores, int groups) {
    Choices choices =
        space.configurable().stream()
            .filter(each -> each.axis().equals(axis))
            .findFirst()
            .orElse(new Choices(axis, List.of(axis.units())));
    if (choices.isConfigurable()) {
      losses.put(
          axis.name(),
          choices.widths().stream().mapToDouble(width -> lost(scores, groups, width)).toArray());
    }
  }

  /** The part of the squares of what goes, equally many from each group. */
  private static double lost(double[] scores, int groups, int width) {
    int size = scores.length / groups;
    int[] all = IntStream.range(0, groups).toArray();
    var kept = new TreeSet<Integer>();
    IntStream.of(UnitChoice.inGroups(scores, size, all, width / groups)).forEach(kept::add);
    double gone = 0;
    double whole = 0;
    for (int unit = 0; unit < scores.length; unit++) {
      double square = scores[unit] * scores[unit];
      whole += square;
      gone += kept.contains(unit) ? 0 : square;
    }
    return whole == 0 ? 0 : gone / whole;
  }
}
