package io.espalier.gate;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Outcome of a gate, for people: numbers in the metric's unit, with as few decimals as tell what
 * was measured from the bound.
 */
public final class GateWords {
  private static final int MOST_DECIMALS = 12;
  private static final int FEW_DECIMALS = 2;
  private static final int SOME_DECIMALS = 3;

  private final GateRule rule;
  private final String unit;

  private GateWords(GateRule rule, String unit) {
    this.rule = rule;
    this.unit = unit;
  }

  /** One result, with the unit of its metric among those that the run measured. */
  public static String of(GateResult result, List<GatedMetric> metrics) {
    return of(
        result,
        metrics.stream()
            .filter(metric -> metric.name().equals(result.gate().metric()))
            .map(GatedMetric::unit)
            .findFirst());
  }

  /**
   * One result.
   *
   * @param unit of the metric, if it is known
   */
  public static String of(GateResult result, Optional<String> unit) {
    Gate gate = result.gate();
    var words = new GateWords(gate.rule(), unit.orElse(""));
    if (result.measured().isEmpty()) {
      int decimals = words.decimals();
      return words.gate(gate, decimals) + ": not measured";
    }
    double measured = result.measured().getAsDouble();
    int decimals = words.decimals();
    while (decimals < MOST_DECIMALS
        && measured != gate.bound()
        && words.number(measured, decimals).equals(words.number(gate.bound(), decimals))) {
      decimals++;
    }
    return words.gate(gate, decimals) + ": " + words.measured(measured, decimals);
  }

  /**
   * Returns what a gate asks, without how anything fared.
   *
   * @param unit of the metric, if it is known
   */
  public static String of(Gate gate, Optional<String> unit) {
    var words = new GateWords(gate.rule(), unit.orElse(""));
    return words.gate(gate, words.decimals());
  }

  private String gate(Gate gate, int decimals) {
    return "%s %s %s".formatted(gate.metric(), rule.key(), number(gate.bound(), decimals));
  }

  private String measured(double value, int decimals) {
    boolean degrades = rule == GateRule.MAX_DEGRADATION || rule == GateRule.PERCENT_MAX_DEGRADATION;
    if (!degrades || Double.isNaN(value)) {
      return "measured " + number(value, decimals);
    }
    if (value == 0) {
      return "unchanged";
    }
    return (value > 0 ? "worse by " : "better by ") + number(Math.abs(value), decimals);
  }

  private int decimals() {
    return rule == GateRule.PERCENT_MAX_DEGRADATION
            || rule == GateRule.MIN_SPEEDUP
            || unit.equals("fraction")
        ? FEW_DECIMALS
        : SOME_DECIMALS;
  }

  private String number(double value, int decimals) {
    return switch (rule) {
      case PERCENT_MAX_DEGRADATION -> fixed(value, decimals) + " %";
      case MIN_SPEEDUP -> fixed(value, decimals) + " times";
      case MAX_BYTES -> plain(value, decimals) + " bytes";
      case MAX_DEGRADATION -> inUnit(value, decimals, " pp");
      case THRESHOLD -> inUnit(value, decimals, " %");
    };
  }

  private String inUnit(double value, int decimals, String ofFractions) {
    return switch (unit) {
      case "fraction" -> fixed(100 * value, decimals) + ofFractions;
      case "milliseconds" -> plain(value, decimals) + " ms";
      case "", "count" -> plain(value, decimals);
      default -> plain(value, decimals) + " " + unit;
    };
  }

  private static String fixed(double value, int decimals) {
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  /** Without zeros at the end. */
  private static String plain(double value, int decimals) {
    if (!Double.isFinite(value)) {
      return Double.toString(value);
    }
    int needed =
        Math.max(
            0,
            new BigDecimal(fixed(value, decimals).replace(",", "")).stripTrailingZeros().scale());
    return fixed(value, needed);
  }
}
