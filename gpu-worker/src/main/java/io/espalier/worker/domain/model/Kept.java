package io.espalier.worker.domain.model;

import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Units that stay, by axis; an axis that is not named stays whole.
 *
 * @param units for each cut axis, by name, the kept units in ascending order
 */
public record Kept(Map<String, int[]> units) {
  /** A choice of units; lists must not be empty and must ascend. */
  public Kept {
    var copy = new LinkedHashMap<String, int[]>();
    units.forEach((axis, kept) -> copy.put(axis, requireAscending(axis, kept.clone())));
    units = java.util.Collections.unmodifiableMap(copy);
  }

  /** Everything stays. */
  public static Kept all() {
    return new Kept(Map.of());
  }

  /** The choice of units of some axes alone. */
  public Kept of(Collection<Axis> axes) {
    var some = new LinkedHashMap<String, int[]>();
    for (Axis axis : axes) {
      int[] kept = units.get(axis.name());
      if (kept != null) {
        some.put(axis.name(), kept);
      }
    }
    return new Kept(some);
  }

  /** The same, and of one more axis only some units. */
  public Kept with(Axis axis, int... kept) {
    var more = new LinkedHashMap<>(units);
    more.put(axis.name(), kept);
    return new Kept(more);
  }

  /** The kept units of an axis, or empty if it stays whole. */
  public Optional<int[]> of(Axis axis) {
    return Optional.ofNullable(units.get(axis.name())).map(int[]::clone);
  }

  /** Returns how many units of an axis stay. */
  public int width(Axis axis) {
    int[] kept = units.get(axis.name());
    return kept == null ? axis.units() : kept.length;
  }

  /** Returns whether the same units stay. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Kept that
        && units.keySet().equals(that.units.keySet())
        && units.keySet().stream()
            .allMatch(axis -> Arrays.equals(units.get(axis), that.units.get(axis)));
  }

  @Override
  public int hashCode() {
    return units.entrySet().stream()
        .mapToInt(axis -> axis.getKey().hashCode() ^ Arrays.hashCode(axis.getValue()))
        .sum();
  }

  private static int[] requireAscending(String axis, int[] kept) {
    if (kept.length == 0) {
      throw new IllegalArgumentException("axis '%s' would keep no unit".formatted(axis));
    }
    for (int i = 1; i < kept.length; i++) {
      if (kept[i] <= kept[i - 1]) {
        throw new IllegalArgumentException(
            "axis '%s': unit %d follows %d, but kept units must ascend"
                .formatted(axis, kept[i], kept[i - 1]));
      }
    }
    return kept;
  }
}
