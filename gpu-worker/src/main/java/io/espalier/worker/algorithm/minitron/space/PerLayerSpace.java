package io.espalier.worker.algorithm.minitron.space;

import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.measure.UnitSelection;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.minitron.size.SizeDivisors;
import io.espalier.worker.algorithm.minitron.size.SizeGrid;
import io.espalier.worker.algorithm.prune.CandidateSearch.LatencyRange;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Curve;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Sensitivities;
import io.espalier.worker.algorithm.search.Solver;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * A search in which each layer has a number of neurons and of heads of its own; the stream, groups
 * of heads and layers stay. Where heads share keys and values, equally many go from each group.
 *
 * <p>What a width loses is the part of the squared scores of a layer's units, neurons and heads
 * apart, that is of the units that go: by their scores, all layers count alike. The solver is the
 * one that all algorithms share.
 *
 * @param blueprint of the model
 * @param space widths that axes may have
 * @param costs of its models
 */
public record PerLayerSpace(NetworkBlueprint blueprint, SearchSpace space, CostModel costs)
    implements CandidateSpace.Searched {
  /**
   * The search of a model.
   *
   * @param divisors what is said of divisors
   * @param most the largest part of a width that may go
   * @throws InvalidInputException if the model has experts
   */
  public static PerLayerSpace of(
      NetworkBlueprint blueprint, SizeDivisors.Asked divisors, double most, CostModel costs) {
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
      var alone =
          new DecoderSizes(blueprint.hidden().units(), neurons.units(), heads.units(), groups, 1);
      var grid = new SizeGrid(alone, 0, divisors.ofSearch(alone), most, 0);
      List<Integer> left =
          shared
              ? grid.headsPerGroup().stream().map(each -> each * groups).toList()
              : grid.groups();
      axes.add(new Choices(heads, left));
      axes.add(new Choices(neurons, grid.neurons()));
    }
    return new PerLayerSpace(blueprint, new SearchSpace(blueprint.open(), axes), costs);
  }

  @Override
  public Optional<Profile> profile(Cost whole, Budget budget) {
    return Optional.of(Profile.of(space, costs, whole, Optional.of(budget)));
  }

  @Override
  public void require(Budget budget) {
    space.requireChoice();
    budget.requireReachable(space, costs);
  }

  @Override
  public PerLayerSpace withLatency(LatencyForecast forecast) {
    return new PerLayerSpace(blueprint, space, costs.withLatency(forecast.model()));
  }

  @Override
  public LatencyRange range(Budget budget) {
    return LatencyRange.of(space, costs);
  }

  @Override
  public int fewestLayers() {
    return blueprint.blocks().size();
  }

  @Override
  public Kept first(Widths widths) {
    return UnitSelection.byPosition(blueprint).of(widths.units());
  }

  /** The widths that lose the least within a budget. */
  public Selection select(Budget budget, Sensitivities losses) {
    return Solver.select(space, costs, budget, losses, Objective.SUM);
  }

  /** Returns what other budgets would lead to, by the quantity that is bounded first. */
  public Curve curve(Budget budget, Sensitivities losses) {
    return Curve.of(space, costs, budget.bounds().get(0).quantity(), losses, Objective.SUM);
  }

  /** Returns what each width loses. */
  public Sensitivities losses(ActivationScores activity) {
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
    IntStream.of(UnitSelection.inGroups(scores, size, all, width / groups)).forEach(kept::add);
    double[] shares = shares(scores);
    return IntStream.range(0, scores.length)
        .filter(unit -> !kept.contains(unit))
        .mapToDouble(unit -> shares[unit])
        .sum();
  }

  /** The part that each unit has of the squared scores of all; nothing if none fires. */
  public static double[] shares(double[] scores) {
    double whole = DoubleStream.of(scores).map(score -> score * score).sum();
    return DoubleStream.of(scores).map(score -> whole == 0 ? 0 : score * score / whole).toArray();
  }
}
