package io.espalier.worker.algorithm.minitron.space;

import io.espalier.worker.algorithm.minitron.size.DecoderDimension;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.minitron.size.SizeGrid;
import io.espalier.worker.algorithm.minitron.space.UniformCosts.LayerCosts;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Finds the largest subnets of a decoder within a budget: those that leave the least of it unused.
 *
 * <p>All sizes of the grid count, but they need not all be looked at: costs grow with neurons, so
 * that of each choice of the others only as many are looked at as may be among the best, from the
 * largest that fits. What a layer costs is computed once for all depths.
 *
 * <p>Where layers with experts and layers without are mixed, candidates cost what they cost at
 * most, so that they are within the budget whichever layers stay.
 *
 * <p>Which of them is best the cost does not say; that is for data to decide.
 */
public final class SizeSearch {
  /** Order that decides which candidate is larger: the first of these that is bounded. */
  private static final List<Quantity> ORDER =
      List.of(
          Quantity.PARAMETERS, Quantity.MEMORY, Quantity.BYTES, Quantity.FLOPS, Quantity.LATENCY);

  /** Order if they cost the same. */
  private static final List<DecoderDimension> TIES =
      List.of(
          DecoderDimension.LAYERS,
          DecoderDimension.HIDDEN,
          DecoderDimension.HEADS,
          DecoderDimension.GROUPS,
          DecoderDimension.EXPERTS,
          DecoderDimension.EXPERT_NEURONS,
          DecoderDimension.SHARED_NEURONS,
          DecoderDimension.NEURONS);

  private final NetworkBlueprint blueprint;
  private final SizeGrid grid;
  private final UniformCosts costs;
  private final boolean stock;

  /**
   * A search.
   *
   * @param stock whether loaders of the family must open what comes out
   */
  public SizeSearch(NetworkBlueprint blueprint, SizeGrid grid, UniformCosts costs, boolean stock) {
    this.blueprint = blueprint;
    this.grid = grid;
    this.costs = costs;
    this.stock = stock;
  }

  /**
   * The largest candidates within a budget, the largest first.
   *
   * @param count how many at most
   * @throws io.espalier.worker.domain.InfeasibleException if there is none; names the smallest
   *     value that can be reached and where
   * @throws InvalidInputException if no size of the grid would open in loaders of the family
   */
  public List<SizeCandidate> largest(Budget budget, int count) {
    Comparator<SizeCandidate> bySize = bySize(budget);
    var best = new PriorityQueue<>(bySize); // the smallest of them at its head
    forEachShape(shape -> shape.offer(budget, count, best));
    if (best.isEmpty()) {
      throw InfeasibleBudget.of(budget, smallest(), grid);
    }
    return best.stream().sorted(bySize.reversed()).toList();
  }

  /** The smallest first: by what is bounded, then by sizes. */
  public static Comparator<SizeCandidate> bySize(Budget budget) {
    Comparator<SizeCandidate> order = Comparator.comparingInt(any -> 0);
    for (Quantity quantity : ORDER) {
      if (budget.bounds().stream().anyMatch(bound -> bound.quantity() == quantity)) {
        order = order.thenComparingLong(candidate -> quantity.of(candidate.cost()));
      }
    }
    for (DecoderDimension size : TIES) {
      order = order.thenComparingInt(candidate -> candidate.sizes().of(size));
    }
    return order;
  }

  private void forEachShape(Consumer<Shape> action) {
    for (int hidden : grid.hidden()) {
      for (int groups : grid.groups()) {
        for (int perGroup : grid.headsPerGroup()) {
          if (!stock || blueprint.misfit(hidden, groups * perGroup).isEmpty()) {
            forEachShape(hidden, groups * perGroup, groups, action);
          }
        }
      }
    }
  }

  private void forEachShape(int hidden, int heads, int groups, Consumer<Shape> action) {
    for (int experts : grid.experts()) {
      for (int each : grid.expertNeurons()) {
        for (int shared : grid.sharedNeurons()) {
          action.accept(
              new Shape(
                  neurons ->
                      new DecoderSizes(hidden, neurons, experts, each, shared, heads, groups, 1)));
        }
      }
    }
  }

  /** All subnets that have everything alike but layers, and neurons of layers without experts. */
  private final class Shape {
    private final IntFunction<DecoderSizes> sizes;
    private final List<Integer> neurons = grid.neurons();
    private final Cost rest;
    private final @Nullable LayerCosts[] layer = new LayerCosts[neurons.size()];

    /**
     * A shape.
     *
     * @param sizes those of a subnet of one layer that has so many neurons
     */
    Shape(IntFunction<DecoderSizes> sizes) {
      this.sizes = sizes;
      this.rest = costs.rest(sizes.apply(neurons.get(0)).hidden());
    }

    SizeCandidate candidate(int neuron, int layers) {
      DecoderSizes one = sizes.apply(neurons.get(neuron));
      LayerCosts known = layer[neuron];
      if (known == null) {
        known = costs.layers(one);
        layer[neuron] = known;
      }
      return new SizeCandidate(one.withLayers(layers), rest.plus(known.atMost(layers)));
    }

    void offer(Budget budget, int count, PriorityQueue<SizeCandidate> best) {
      for (int layers : grid.layers()) {
        int widest = widest(budget, layers);
        for (int neuron = widest; neuron >= 0 && neuron > widest - count; neuron--) {
          best.add(candidate(neuron, layers));
          if (best.size() > count) {
            best.poll();
          }
        }
      }
    }

    /** The position of the most neurons that fit, by bisection; -1 if none do. */
    private int widest(Budget budget, int layers) {
      int fits = -1;
      int tooMany = neurons.size();
      while (tooMany - fits > 1) {
        int middle = (fits + tooMany) >>> 1;
        if (budget.holds(candidate(middle, layers).cost())) {
          fits = middle;
        } else {
          tooMany = middle;
        }
      }
      return fits;
    }
  }

  /**
   * The smallest subnet of each shape: no other of it costs less of anything.
   *
   * @throws InvalidInputException if no size of the grid would open in loaders of the family
   */
  List<SizeCandidate> smallest() {
    var smallest = new ArrayList<SizeCandidate>();
    forEachShape(shape -> smallest.add(shape.candidate(0, grid.layers().get(0))));
    if (smallest.isEmpty()) {
      DecoderSizes whole = grid.whole();
      throw new InvalidInputException(
          "none of the sizes of the search space would open in loaders of the family: %s; ask for loaders: espalier, or for smaller divisors"
              .formatted(blueprint.misfit(whole.hidden(), whole.heads()).orElse("none fits")));
    }
    return smallest;
  }
}
