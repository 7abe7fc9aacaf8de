package io.espalier.worker.report.chart;

import io.espalier.worker.algorithm.search.Abbreviation;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import java.util.OptionalDouble;

/** Numbers as people read them. */
public final class Figures {
  /** In place of a number that is not known. */
  public static final String UNKNOWN = "–";

  private static final int MOST_DECIMALS = 6;
  private static final String MINUS = "−";

  private Figures() {}

  /** A value with its unit. */
  public static String of(double value, String unit) {
    if (!Double.isFinite(value)) {
      return Double.toString(value);
    }
    return switch (unit) {
      case "count" -> Abbreviation.of(value);
      case "bytes" -> Abbreviation.of(value) + "B";
      case "fraction" -> percent(value, 2);
      case "milliseconds" -> significant(value) + " ms";
      case "seconds" -> seconds(value);
      case "", "nats", "squares", "correlation" -> significant(value);
      default -> significant(value) + " " + unit;
    };
  }

  /**
   * A value with its unit, to the digits that mean something.
   *
   * @param spread of such values; two of its digits are shown. 0 if it is not known
   */
  public static String of(double value, String unit, double spread) {
    double scale = unit.equals("fraction") ? 100 : 1;
    if (!(spread > 0) || !Double.isFinite(spread) || !Double.isFinite(value)) {
      return of(value, unit);
    }
    int decimals = 1 - (int) Math.floor(Math.log10(spread * scale));
    String number = rounded(value * scale, Math.max(0, Math.min(MOST_DECIMALS, decimals)));
    return switch (unit) {
      case "fraction" -> number + " %";
      case "milliseconds" -> number + " ms";
      case "", "nats", "squares", "correlation" -> number;
      case "count", "bytes", "seconds" -> of(value, unit);
      default -> number + " " + unit;
    };
  }

  /** From one value to another; the unit, which is that of both, stands once. */
  public static String range(String from, String to) {
    return bare(from) + " to " + to;
  }

  /** A value without its unit. */
  public static String bare(String value) {
    int space = value.indexOf(' ');
    return space > 0 ? value.substring(0, space) : value;
  }

  private static String rounded(double value, int decimals) {
    return signed(String.format(Locale.ROOT, "%." + decimals + "f", value));
  }

  public static String of(OptionalDouble value, String unit) {
    return value.isPresent() ? of(value.getAsDouble(), unit) : UNKNOWN;
  }

  /** A fraction in percent. */
  public static String percent(double fraction, int decimals) {
    return Double.isFinite(fraction)
        ? signed(String.format(Locale.ROOT, "%." + decimals + "f", 100 * fraction)) + " %"
        : Double.toString(fraction);
  }

  /** Four digits that count, without an exponent unless it is tiny. */
  public static String significant(double value) {
    if (!Double.isFinite(value)) {
      return Double.toString(value);
    }
    if (value == 0) {
      return "0";
    }
    if (Math.abs(value) < 1e-4) {
      return signed(String.format(Locale.ROOT, "%.2e", value));
    }
    BigDecimal rounded = BigDecimal.valueOf(value).round(new MathContext(4));
    return signed(rounded.stripTrailingZeros().toPlainString());
  }

  /** Two digits that count, for where there is little room. */
  static String brief(double value) {
    if (!Double.isFinite(value) || value == 0) {
      return significant(value);
    }
    if (Math.abs(value) < 1e-3) {
      return String.format(Locale.ROOT, "%.0e", value).replace("e-0", "e-").replace("-", MINUS);
    }
    BigDecimal rounded = BigDecimal.valueOf(value).round(new MathContext(2));
    return signed(rounded.stripTrailingZeros().toPlainString());
  }

  /** A time, in minutes and hours if it is long. */
  public static String seconds(double seconds) {
    if (!Double.isFinite(seconds)) {
      return Double.toString(seconds);
    }
    if (seconds < 10) {
      return String.format(Locale.ROOT, "%.2f s", seconds);
    }
    long whole = Math.round(seconds);
    if (whole < 60) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    return whole < 3600
        ? whole / 60 + " min " + whole % 60 + " s"
        : whole / 3600 + " h " + whole % 3600 / 60 + " min";
  }

  /** A number with a plus sign if it has none. */
  public static String change(String number) {
    return number.startsWith(MINUS) || isZero(number) ? number : "+" + number;
  }

  private static String signed(String number) {
    if (isZero(number)) {
      return number.replace("-", "");
    }
    return number.replace("-", MINUS);
  }

  private static boolean isZero(String number) {
    return number.chars().noneMatch(c -> c >= '1' && c <= '9');
  }
}
