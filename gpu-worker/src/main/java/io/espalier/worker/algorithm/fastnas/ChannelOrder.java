package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * In which order the units of each axis are kept: the most important first, equal ones by position.
 * An axis of which nothing is known keeps its own order.
 */
final class ChannelOrder {
  private final Architecture architecture;
  private final Map<String, int[]> orders = new HashMap<>();

  /** The order by importance, given for each axis by name, one number per unit. */
  ChannelOrder(Architecture architecture, Map<String, double[]> importance) {
    this.architecture = architecture;
    importance.forEach((axis, values) -> orders.put(axis, descending(values)));
  }

  /** The units that stay at given widths; an axis that stays whole is not named. */
  Kept kept(Widths widths) {
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
    int[] order = orders.get(axis.name());
    int[] units = order == null ? IntStream.range(0, width).toArray() : Arrays.copyOf(order, width);
    Arrays.sort(units);
    return units;
  }

  private static int[] descending(double[] values) {
    Comparator<Integer> byValue = Comparator.comparingDouble(unit -> -values[unit]);
    return IntStream.range(0, values.length)
        .boxed()
        .sorted(byValue.thenComparing(Comparator.naturalOrder()))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
