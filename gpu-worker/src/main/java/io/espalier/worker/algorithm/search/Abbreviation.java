package io.espalier.worker.algorithm.search;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;

/** Large numbers in few characters, the same wherever people read them. */
public final class Abbreviation {
  private Abbreviation() {}

  /** Returns how much there is of a quantity: milliseconds for latency. */
  public static String of(Quantity quantity, long value) {
    return quantity == Quantity.LATENCY
        ? String.format(Locale.ROOT, "%.3f %s", quantity.inUnit(value), quantity.unit())
        : of(value);
  }

  /** A whole number with K, M, G or T and two decimals. */
  public static String of(long value) {
    return of((double) value);
  }

  /** A number with K, M, G or T and two decimals. */
  public static String of(double value) {
    double scaled = value;
    String unit = "";
    for (String next : List.of("K", "M", "G", "T")) {
      if (Math.abs(scaled) < 1000) {
        break;
      }
      scaled /= 1000;
      unit = next;
    }
    return String.format(Locale.ROOT, "%.2f%s", scaled, unit);
  }

  /** A number of models: all digits of a small one, four digits and the power of a large one. */
  public static String of(BigInteger size) {
    return size.bitLength() < Integer.SIZE
        ? size.toString()
        : String.format(Locale.ROOT, "%.3e", new BigDecimal(size));
  }
}
