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
 * @param kind what the units are
 * @param module name of the module that it belongs to, such as {@code layer2.0.conv1} or that of a
 *     layer; empty if it runs through the whole model
 */
public record Axis(String name, int units, AxisKind kind, String module) {
  /** An axis; {@code units} must be positive. */
  public Axis {
    if (units < 1) {
      throw new IllegalArgumentException("axis '%s' has %d units".formatted(name, units));
    }
  }

  /** An axis that runs through the whole model, of a kind that no other has. */
  public Axis(String name, int units) {
    this(name, units, AxisKind.OTHER, "");
  }

  /** An axis with the usual name of its kind, such as {@code model.layers.3.heads}. */
  public static Axis of(AxisKind kind, String module, int units) {
    return new Axis(nameOf(kind, module), units, kind, module);
  }

  /** The usual name of an axis of a module; of the whole model if the module's name is empty. */
  public static String nameOf(AxisKind kind, String module) {
    return module.isEmpty() ? kind.ending() : module + "." + kind.ending();
  }
}
