package io.espalier.worker.domain.model;

/**
 * One dimension of a tensor: either of fixed size, or along an {@link Axis} of which each unit
 * covers a block of neighbouring indices.
 *
 * <p>Unit {@code u} of an axis covers the indices {@code u * indicesPerUnit} up to (excluding)
 * {@code (u + 1) * indicesPerUnit}: one per channel or neuron, head_dim per attention head.
 */
public sealed interface Dimension {
  /** Number of indices. */
  int size();

  /** A dimension that no axis cuts. */
  record Fixed(int size) implements Dimension {}

  /** A dimension along an axis. */
  record Along(Axis axis, int indicesPerUnit) implements Dimension {
    @Override
    public int size() {
      return axis.units() * indicesPerUnit;
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
}
