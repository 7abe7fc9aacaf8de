package io.espalier.standalone.report;

import java.time.Duration;
import java.util.Locale;
import java.util.Set;

/** Numbers as people read them. */
public final class Figures {
  private static final Set<String> FRACTIONS = Set.of("fraction");

  /** Units whose zero is no measure of how much there is. */
  private static final Set<String> DIFFERENCES = Set.of("nats", "correlation");

  private Figures() {}

  /** A whole number with thousands separated. */
  public static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** A time that has passed, in its two largest units, such as {@code 2 h 5 min}. */
  public static String age(Duration passed) {
    long seconds = Math.max(0, passed.toSeconds());
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3_600) {
      return "%d min %d s".formatted(seconds / 60, seconds % 60);
    }
    return seconds < 86_400
        ? "%d h %d min".formatted(seconds / 3_600, seconds / 60 % 60)
        : "%d d %d h".formatted(seconds / 86_400, seconds / 3_600 % 24);
  }

  /**
   * A time that has passed as policies write it, in its two largest units: {@code 2m}, {@code
   * 1h5m}.
   */
  public static String brief(Duration passed) {
    return age(passed)
        .replace(" min", "m")
        .replaceAll(" ([smhd])", "$1")
        .replaceAll(" 0[smh]$", "")
        .replace(" ", "");
  }

  /** A value in its unit: fractions in percent, whole numbers whole, others with 3 decimals. */
  public static String of(double value, String unit) {
    if (FRACTIONS.contains(unit)) {
      return String.format(Locale.ROOT, "%.2f %%", 100 * value);
    }
    boolean whole = value == Math.rint(value) && Math.abs(value) < 1e15;
    return whole ? count((long) value) : String.format(Locale.ROOT, "%,.3f", value);
  }

  /**
   * The change from before to after, with its sign: of fractions in percentage points, of losses as
   * the difference, of all else in percent of before; as reports of prunings have it.
   */
  public static String change(double before, double after, String unit) {
    double difference = after - before;
    if (FRACTIONS.contains(unit)) {
      return String.format(Locale.ROOT, "%+.2f pp", 100 * difference);
    }
    if (DIFFERENCES.contains(unit)) {
      return String.format(Locale.ROOT, "%+,.3f", difference);
    }
    return before == 0
        ? "-"
        : String.format(Locale.ROOT, "%+.1f %%", 100 * difference / Math.abs(before));
  }
}
