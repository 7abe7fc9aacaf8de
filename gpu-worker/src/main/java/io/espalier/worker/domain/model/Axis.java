package io.espalier.worker.domain.model;

/**
 * A named dimension that one or more tensors share, counted in units that are kept or removed
 * together.
 *
 * <p>Every tensor that has the axis is cut at the same units. A residual stream is therefore one
 * axis, however many layers read and write it.
 *
 * @param name unique within the architecture, such as {@code layer2.0.conv1.out}
 * @param units number of units in the model at hand
 */
public record Axis(String name, int units) {
  /** An axis; {@code units} must be positive. */
  public Axis {
    if (units < 1) {
      throw new IllegalArgumentException("axis '%s' has %d units".formatted(name, units));
    }
  }
}
