package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * In which order the units of each axis are kept: the most important first, equal ones by position.
 * An axis of which nothing is known keeps its own order.
 */
public final class ChannelOrder {
  private final Architecture architecture;
  private final Map<String, List<Integer>> orders;

  /** An order of the units of axes by name, the most important first. */
  public ChannelOrder(Architecture architecture, Map<String, List<Integer>> units) {
    this.architecture = architecture;
    this.orders = Collections.unmodifiableMap(new LinkedHashMap<>(units));
  }

  /**
   * The order by importance, given for each axis by name, one number per unit; every axis that may
   * be cut has one.
   */
  public static ChannelOrder by(Architecture architecture, Map<String, double[]> importance) {
    var orders = new LinkedHashMap<String, List<Integer>>();
    importance.forEach((axis, values) -> orders.put(axis, descending(values)));
    for (Axis axis : architecture.prunableAxes()) {
      orders.computeIfAbsent(axis.name(), any -> IntStream.range(0, axis.units()).boxed().toList());
    }
    return new ChannelOrder(architecture, orders);
  }

  /** The units of each axis of which an order is known, the most important first. */
  public Map<String, List<Integer>> units() {
    return orders;
  }

  /** The units that stay at given widths; an axis that stays whole is not named. */
  public Kept kept(Widths widths) {
    var kept = new LinkedHashMap<String, int[]>();
    for (Axis axis : architecture.axes()) {
      int width = widths.of(axis);
      if (width < axis.units()) {
        kept.put(axis.name(), first(axis, width));
      }
    }
    return new Kept(kept);
  }

  private int[] first(Axis axis, int width) {
    List<Integer> order = orders.get(axis.name());
    return order == null
        ? IntStream.range(0, width).toArray()
        : order.stream().limit(width).sorted().mapToInt(Integer::intValue).toArray();
  }

  private static List<Integer> descending(double[] values) {
    Comparator<Integer> byValue = Comparator.comparingDouble(unit -> -values[unit]);
    return IntStream.range(0, values.length)
        .boxed()
        .sorted(byValue.thenComparing(Comparator.naturalOrder()))
        .toList();
  }
}
