package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the largest versions of a decoder within a budget: those that leave the least of it unused.
 *
 * <p>All sizes of the grid count, but they need not all be looked at: costs grow with neurons, so
 * that of each choice of the others only as many are looked at as may be among the best, from the
 * largest that fits. Costs are linear in layers, so that a layer is computed once for all depths.
 *
 * <p>Which of them is best the cost does not say; that is for data to decide.
 */
public final class SizeSearch {
  /** What decides which of two candidates is larger: the first of these that is bounded. */
  private static final List<Quantity> ORDER =
      List.of(
          Quantity.PARAMETERS, Quantity.MEMORY, Quantity.BYTES, Quantity.FLOPS, Quantity.LATENCY);

  private final Blueprint blueprint;
  private final Grid grid;
  private final UniformCosts costs;
  private final boolean stock;

  /**
   * A search.
   *
   * @param stock whether loaders of the family must open what comes out
   */
  public SizeSearch(Blueprint blueprint, Grid grid, UniformCosts costs, boolean stock) {
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
  public List<Candidate> largest(Budget budget, int count) {
    Comparator<Candidate> bySize = bySize(budget);
    var best = new PriorityQueue<>(bySize); // the smallest of them at its head
    forEachShape(shape -> shape.offer(budget, count, best));
    if (best.isEmpty()) {
      throw Shortfall.of(budget, smallest(), grid);
    }
    return best.stream().sorted(bySize.reversed()).toList();
  }

  /** The smallest first: by what is bounded, then by sizes. */
  static Comparator<Candidate> bySize(Budget budget) {
    Comparator<Candidate> order = Comparator.comparingInt(any -> 0);
    for (Quantity quantity : ORDER) {
      if (budget.bounds().stream().anyMatch(bound -> bound.quantity() == quantity)) {
        order = order.thenComparingLong(candidate -> quantity.of(candidate.cost()));
      }
    }
    for (Size size : List.of(Size.LAYERS, Size.HIDDEN, Size.HEADS, Size.GROUPS, Size.NEURONS)) {
      order = order.thenComparingInt(candidate -> candidate.sizes().of(size));
    }
    return order;
  }

  private void forEachShape(Consumer<Shape> action) {
    for (int hidden : grid.hidden()) {
      for (int groups : grid.groups()) {
        for (int perGroup : grid.headsPerGroup()) {
          if (!stock || blueprint.misfit(hidden, groups * perGroup).isEmpty()) {
            action.accept(new Shape(hidden, groups * perGroup, groups));
          }
        }
      }
    }
  }

  /** All versions of one width of the stream and one kind of attention. */
  private final class Shape {
    private final int hidden;
    private final int heads;
    private final int groups;
    private final Cost rest;
    private final List<Integer> neurons = grid.neurons();
    private final @Nullable Cost[] layer = new Cost[neurons.size()];

    Shape(int hidden, int heads, int groups) {
      this.hidden = hidden;
      this.heads = heads;
      this.groups = groups;
      this.rest = costs.rest(hidden);
    }

    Candidate candidate(int neuron, int layers) {
      var sizes = new Sizes(hidden, neurons.get(neuron), heads, groups, layers);
      Cost one = layer[neuron];
      if (one == null) {
        one = costs.layer(sizes);
        layer[neuron] = one;
      }
      return new Candidate(sizes, rest.plus(one.times(layers)));
    }

    void offer(Budget budget, int count, PriorityQueue<Candidate> best) {
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
   * The smallest version of each shape: no other of it costs less of anything.
   *
   * @throws InvalidInputException if no size of the grid would open in loaders of the family
   */
  List<Candidate> smallest() {
    var smallest = new ArrayList<Candidate>();
    forEachShape(shape -> smallest.add(shape.candidate(0, grid.layers().get(0))));
    if (smallest.isEmpty()) {
      Sizes whole = grid.whole();
      throw new InvalidInputException(
          "none of the sizes of the search space would open in loaders of the family: %s; ask for loaders: espalier, or for smaller divisors"
              .formatted(blueprint.misfit(whole.hidden(), whole.heads()).orElse("none fits")));
    }
    return smallest;
  }
}
