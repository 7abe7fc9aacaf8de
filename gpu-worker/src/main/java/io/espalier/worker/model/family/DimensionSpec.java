package io.espalier.worker.model.family;

import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A side of a tensor whose widths are not known yet: along named axes one after another, or of a
 * fixed size if there is none.
 *
 * @param axes names of the axes
 * @param indicesPerUnit indices that each unit of any of them covers
 * @param size number of indices if there is no axis
 */
public record DimensionSpec(List<String> axes, int indicesPerUnit, int size) {
  /** A side; the list is copied. */
  public DimensionSpec {
    axes = List.copyOf(axes);
  }

  /** A side that no axis cuts. */
  public static DimensionSpec fixed(int size) {
    return new DimensionSpec(List.of(), 1, size);
  }

  /** A side along axes one after another, one index per unit. */
  public static DimensionSpec along(List<String> axes) {
    return new DimensionSpec(axes, 1, 0);
  }

  /** A side along an axis, one index per unit. */
  public static DimensionSpec along(String axis) {
    return along(List.of(axis));
  }

  /** A side along an axis each unit of which is a block of indices. */
  public static DimensionSpec blocks(String axis, int indicesPerUnit) {
    return new DimensionSpec(List.of(axis), indicesPerUnit, 0);
  }

  /** The same stretch several times, one after another. */
  public DimensionSpec repeated(int times) {
    return new DimensionSpec(
        Collections.nCopies(times, axes).stream().flatMap(List::stream).toList(),
        indicesPerUnit,
        size * times);
  }

  /**
   * Returns how many units its only axis has if it has so many indices; empty if it runs along
   * several, or the indices are no whole number of units.
   */
  Optional<Integer> units(long indices) {
    long stretch = (long) indicesPerUnit * axes.size();
    boolean whole =
        axes.stream().distinct().count() == 1
            && indices > 0
            && indices <= Integer.MAX_VALUE
            && indices % stretch == 0;
    return whole ? Optional.of((int) (indices / stretch)) : Optional.empty();
  }

  /** Returns what it is once every axis has its width. */
  Dimension settle(Map<String, Axis> widths) {
    if (axes.isEmpty()) {
      return Dimension.fixed(size);
    }
    List<Dimension.Along> parts =
        axes.stream()
            .map(
                axis ->
                    new Dimension.Along(Objects.requireNonNull(widths.get(axis)), indicesPerUnit))
            .toList();
    return parts.size() == 1 ? parts.get(0) : new Dimension.Joined(parts);
  }
}
