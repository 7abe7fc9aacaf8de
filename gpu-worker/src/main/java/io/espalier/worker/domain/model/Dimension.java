package io.espalier.worker.domain.model;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * One dimension of a tensor: of fixed size, or along an {@link Axis} of which each unit covers a
 * block of neighbouring indices, or along several axes one after another.
 *
 * <p>Unit {@code u} of an axis covers the indices {@code u * indicesPerUnit} up to (excluding)
 * {@code (u + 1) * indicesPerUnit}: one per channel or neuron, head_dim per attention head.
 */
public sealed interface Dimension {
  /** Number of indices. */
  int size();

  /** The stretches along axes that it consists of, in order; none if it is of fixed size. */
  List<Along> parts();

  /** A dimension that no axis cuts. */
  record Fixed(int size) implements Dimension {
    @Override
    public List<Along> parts() {
      return List.of();
    }
  }

  /** A dimension along an axis. */
  record Along(Axis axis, int indicesPerUnit) implements Dimension {
    @Override
    public int size() {
      return axis.units() * indicesPerUnit;
    }

    @Override
    public List<Along> parts() {
      return List.of(this);
    }
  }

  /** Output of a concatenation: the indices of several axes, one axis after another. */
  record Joined(List<Along> parts) implements Dimension {
    /** A concatenation; the list is copied. */
    public Joined {
      parts = List.copyOf(parts);
    }

    @Override
    public int size() {
      return parts.stream().mapToInt(Along::size).sum();
    }
  }

  /** A dimension of fixed size. */
  static Dimension fixed(int size) {
    return new Fixed(size);
  }

  /** A dimension along an axis with one index per unit. */
  static Dimension along(Axis axis) {
    return new Along(axis, 1);
  }

  /** A dimension along axes one after another, each with one index per unit. */
  static Dimension joined(List<Axis> axes) {
    return axes.size() == 1
        ? along(axes.get(0))
        : new Joined(axes.stream().map(axis -> new Along(axis, 1)).toList());
  }

  /** The same along other axes. */
  default Dimension mapped(UnaryOperator<Axis> map) {
    List<Along> mapped =
        parts().stream()
            .map(part -> new Along(map.apply(part.axis()), part.indicesPerUnit()))
            .toList();
    return switch (mapped.size()) {
      case 0 -> this;
      case 1 -> mapped.get(0);
      default -> new Joined(mapped);
    };
  }

  /** Returns whether it runs along an axis, possibly beside others. */
  default boolean isAlong(Axis axis) {
    return parts().stream().anyMatch(part -> part.axis().equals(axis));
  }

  /** Returns whether a choice of units leaves less than all of it. */
  default boolean isCutBy(Kept kept) {
    return parts().stream().anyMatch(part -> kept.width(part.axis()) < part.axis().units());
  }

  /** The indices that a choice of units leaves, ascending. */
  default int[] indices(Kept kept) {
    if (parts().isEmpty()) {
      return IntStream.range(0, size()).toArray();
    }
    int[] indices = new int[size()];
    int count = 0;
    int offset = 0;
    for (Along part : parts()) {
      int block = part.indicesPerUnit();
      int[] all =
          kept.of(part.axis()).orElseGet(() -> IntStream.range(0, part.axis().units()).toArray());
      for (int unit : all) {
        for (int i = 0; i < block; i++) {
          indices[count++] = offset + unit * block + i;
        }
      }
      offset += part.size();
    }
    return Arrays.copyOf(indices, count);
  }
}
