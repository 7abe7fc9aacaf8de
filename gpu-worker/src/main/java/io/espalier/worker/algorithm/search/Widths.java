package io.espalier.worker.algorithm.search;

import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Number of units kept per axis; an axis that is not named stays whole.
 *
 * @param units by name of the axis, in the order of the forward pass
 */
public record Widths(Map<String, Integer> units) {
  /** A choice of widths; the map is copied with its order. */
  public Widths {
    units = Collections.unmodifiableMap(new LinkedHashMap<>(units));
  }

  /** Everything stays. */
  public static Widths all() {
    return new Widths(Map.of());
  }

  /** The widths that a choice of units leaves. */
  public static Widths of(Kept kept) {
    var units = new LinkedHashMap<String, Integer>();
    kept.units().forEach((axis, list) -> units.put(axis, list.length));
    return new Widths(units);
  }

  /** Returns how many units of an axis stay. */
  public int of(Axis axis) {
    return units.getOrDefault(axis.name(), axis.units());
  }
}
