package io.espalier.standalone.report;

import java.util.Locale;
import java.util.Set;

/** Numbers as people read them. */
public final class Figures {
  private static final Set<String> FRACTIONS = Set.of("fraction");

  private Figures() {}

  /** A whole number with thousands separated. */
  public static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** A value in its unit: fractions in percent, whole numbers whole, others with 3 decimals. */
  public static String of(double value, String unit) {
    if (FRACTIONS.contains(unit)) {
      return String.format(Locale.ROOT, "%.2f %%", 100 * value);
    }
    boolean whole = value == Math.rint(value) && Math.abs(value) < 1e15;
    return whole ? count((long) value) : String.format(Locale.ROOT, "%,.3f", value);
  }

  /** The change from before to after in percent of before, with its sign. */
  public static String change(double before, double after) {
    return before == 0
        ? "-"
        : String.format(Locale.ROOT, "%+.1f %%", 100 * (after - before) / Math.abs(before));
  }
}
