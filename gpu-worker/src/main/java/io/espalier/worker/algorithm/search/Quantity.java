package io.espalier.worker.algorithm.search;

import java.util.Arrays;
import java.util.Optional;

/** Something of which a model may be given a limit. Grows with every width. */
public enum Quantity {
  /** Operations for one sample. */
  FLOPS("flops", "FLOPs"),
  /** Weights and biases, without normalisations. */
  PARAMETERS("parameters", "parameters"),
  /** Bytes of the checkpoint files. */
  BYTES("bytes", "bytes");

  private final String key;
  private final String unit;

  Quantity(String key, String unit) {
    this.key = key;
    this.unit = unit;
  }

  /** Its name in policies, tables and metrics. */
  public String key() {
    return key;
  }

  /** Its unit in messages. */
  public String unit() {
    return unit;
  }

  /** How much of it a cost has. */
  public long of(Cost cost) {
    return switch (this) {
      case FLOPS -> cost.flops();
      case PARAMETERS -> cost.parameters();
      case BYTES -> cost.bytes();
    };
  }

  static Optional<Quantity> of(String key) {
    return Arrays.stream(values()).filter(quantity -> quantity.key.equals(key)).findFirst();
  }
}
