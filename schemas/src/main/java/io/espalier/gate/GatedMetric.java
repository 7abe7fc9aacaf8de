package io.espalier.gate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * A measured quantity as gates look at it.
 *
 * @param name such as {@code accuracy}
 * @param unit such as {@code fraction}
 * @param before value for the model that went in
 * @param after value for the model that came out
 * @param higherIsBetter whether a larger value is the better one
 */
public record GatedMetric(
    String name, String unit, OptionalDouble before, OptionalDouble after, boolean higherIsBetter) {

  /** The metrics of two parts of a run: before the first that measured it, after the last. */
  public static List<GatedMetric> merged(
      Collection<GatedMetric> earlier, Collection<GatedMetric> later) {
    Map<String, GatedMetric> merged = new LinkedHashMap<>();
    List<GatedMetric> all = new ArrayList<>(earlier);
    all.addAll(later);
    all.forEach(metric -> merged.merge(metric.name(), metric, GatedMetric::followedBy));
    return List.copyOf(merged.values());
  }

  private GatedMetric followedBy(GatedMetric later) {
    return new GatedMetric(
        name,
        unit,
        before.isPresent() ? before : later.before,
        later.after.isPresent() ? later.after : after,
        higherIsBetter);
  }
}
