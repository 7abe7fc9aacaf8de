package io.espalier.worker.algorithm.search;

import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Content of a search space, known without data: its axes, its size, the costs of its narrowest,
 * its central and its widest model, and whether a budget is reachable.
 *
 * @param architecture name of the architecture
 * @param axes axes with more than one choice, in the order of the forward pass
 * @param spaceSize number of models
 * @param min cost of the narrowest model
 * @param centroid cost of the model whose widths are the medians of their choices
 * @param max cost of the model at hand
 * @param constraints the bounds asked for, if any
 */
public record Profile(
    String architecture,
    List<Choices> axes,
    BigInteger spaceSize,
    Cost min,
    Cost centroid,
    Cost max,
    List<Verdict> constraints) {
  private static final double GOOD_RATIO = 3;

  /**
   * Verdict on one bound.
   *
   * @param bound what was asked for
   * @param satisfiable whether the narrowest model meets it
   */
  public record Verdict(Budget.Bound bound, boolean satisfiable) {}

  /** A profile; the lists are copied. */
  public Profile {
    axes = List.copyOf(axes);
    constraints = List.copyOf(constraints);
  }

  /** The profile of a space whose model at hand costs what its widest model does. */
  public static Profile of(SearchSpace space, CostModel costs, Optional<Budget> budget) {
    return of(space, costs, costs.cost(space.max()), budget);
  }

  /**
   * The profile of a space.
   *
   * @param whole cost of the model at hand, whose files need not be written as those of others are
   */
  public static Profile of(
      SearchSpace space, CostModel costs, Cost whole, Optional<Budget> budget) {
    Cost min = costs.cost(space.min());
    return new Profile(
        space.architecture().name(),
        space.configurable(),
        space.size(),
        min,
        costs.cost(space.centroid()),
        whole,
        budget.map(Budget::bounds).orElse(List.of()).stream()
            .map(bound -> new Verdict(bound, bound.holds(min)))
            .toList());
  }

  /** The quotient of the largest and the smallest value; over 3 promises a good search. */
  public double ratio(Quantity quantity) {
    return (double) quantity.of(max) / quantity.of(min);
  }

  /** Returns what the profile means for the search, in a sentence. */
  public String advice() {
    if (axes.isEmpty()) {
      return "Warning: nothing can be chosen; a smaller channel divisor allows narrower layers.";
    }
    return ratio(Quantity.FLOPS) > GOOD_RATIO
        ? "A max/min ratio of FLOPs over 3 leaves room for a good search; the centroid is a good"
            + " first bound."
        : "Note: the max/min ratio of FLOPs is at most 3; a smaller channel divisor gives more to"
            + " choose from.";
  }

  /** By how much the narrowest model misses the bounds, in exact numbers; the tables round. */
  public List<String> shortfalls() {
    return new Budget(constraints.stream().map(Verdict::bound).toList()).shortfalls(min);
  }

  /** The profile as tables for people. */
  public String toText() {
    return ProfileText.of(this);
  }

  /**
   * The profile as maps, lists and numbers, ready to be written as JSON. {@code axes} is the number
   * of axes with more than one choice, {@code choices} has their widths by name. Latency is in
   * nanoseconds, and only there if it is known.
   */
  public Map<String, Object> toMap() {
    var map = new LinkedHashMap<String, Object>();
    map.put("architecture", architecture);
    map.put("axes", axes.size());
    map.put("spaceSize", spaceSize);
    map.put("min", map(min));
    map.put("centroid", map(centroid));
    map.put("max", map(max));
    var ratios = new LinkedHashMap<String, Double>();
    var choices = new LinkedHashMap<String, List<Integer>>();
    for (Quantity quantity : Quantity.knownIn(max)) {
      ratios.put(quantity.key(), ratio(quantity));
    }
    axes.forEach(axis -> choices.put(axis.axis().name(), axis.widths()));
    map.put("ratio", ratios);
    map.put("choices", choices);
    map.put("constraints", verdicts());
    return map;
  }

  private List<Map<String, Object>> verdicts() {
    var verdicts = new ArrayList<Map<String, Object>>();
    for (Verdict verdict : constraints) {
      var map = new LinkedHashMap<String, Object>();
      map.put("constraint", verdict.bound().quantity().key());
      map.put("asked", verdict.bound().asked());
      map.put("upperBound", verdict.bound().limit());
      map.put("satisfiable", verdict.satisfiable());
      verdicts.add(map);
    }
    return verdicts;
  }

  private static Map<String, Long> map(Cost cost) {
    var map = new LinkedHashMap<String, Long>();
    for (Quantity quantity : Quantity.knownIn(cost)) {
      map.put(quantity.key(), quantity.of(cost));
    }
    return map;
  }
}
