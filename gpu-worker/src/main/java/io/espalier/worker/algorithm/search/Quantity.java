package io.espalier.worker.algorithm.search;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Something of which a model may be given a limit. Grows with every width. */
public enum Quantity {
  /** Operations for one sample. */
  FLOPS("flops", "FLOPs"),
  /** Weights and biases, without normalisations. */
  PARAMETERS("parameters", "parameters"),
  /** Bytes of the checkpoint files. */
  BYTES("bytes", "bytes"),
  /** Bytes of the tensors, and of the keys and values of the tokens that are kept. */
  MEMORY("memory", "bytes of memory"),
  /** Time of one forward pass; a whole number of nanoseconds, written as milliseconds. */
  LATENCY("latency", "ms");

  private static final double NANOS_PER_MILLISECOND = 1e6;

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

  /** Returns what tables call it. */
  public String label() {
    return this == LATENCY ? key : unit;
  }

  /** Returns how much of it a cost has. */
  public long of(Cost cost) {
    return switch (this) {
      case FLOPS -> cost.flops();
      case PARAMETERS -> cost.parameters();
      case BYTES -> cost.bytes();
      case MEMORY -> cost.memoryBytes();
      case LATENCY -> cost.latencyNanos();
    };
  }

  /**
   * Returns whether a cost says how much there is of it: of latency only where it was measured, of
   * memory only where it was said for how many tokens.
   */
  public boolean isKnownIn(Cost cost) {
    return (this != LATENCY && this != MEMORY) || of(cost) > 0;
  }

  /** The quantities that a cost knows. */
  public static List<Quantity> knownIn(Cost cost) {
    return Arrays.stream(values()).filter(quantity -> quantity.isKnownIn(cost)).toList();
  }

  /** A value in the unit of messages: milliseconds for latency, else as it is. */
  public double inUnit(long value) {
    return this == LATENCY ? value / NANOS_PER_MILLISECOND : value;
  }

  /** A value as messages write it, without its unit. */
  public String written(long value) {
    return this == LATENCY
        ? String.format(Locale.ROOT, "%,.6f", inUnit(value)).replaceFirst("\\.?0+$", "")
        : String.format(Locale.ROOT, "%,d", value);
  }

  /** That a model has a value of it, as messages say it. */
  public String possessed(long value) {
    return this == LATENCY ? "takes %s ms".formatted(written(value)) : "has " + written(value);
  }

  /** By how much too much of it there is, as messages say it. */
  public String excess(long value) {
    return written(value) + (this == LATENCY ? " ms too long" : " too many");
  }

  static Optional<Quantity> of(String key) {
    return Arrays.stream(values()).filter(quantity -> quantity.key.equals(key)).findFirst();
  }
}
