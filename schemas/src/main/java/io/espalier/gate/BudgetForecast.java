package io.espalier.gate;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A budget that is foretold to pass the gates that a result missed. Nothing of it was measured.
 *
 * @param constraints bounds by quantity, as policies write them; empty if no budget below the whole
 *     model is foretold to pass
 * @param metrics what the gates look at: before as measured, after as foretold
 * @param basis how it was foretold
 */
public record BudgetForecast(
    Map<String, String> constraints, List<GatedMetric> metrics, Basis basis) {
  /** Basis of predicting other budgets' losses. */
  public enum Basis {
    /** As the search foretold them, scaled to what was measured. */
    CURVE("the report's curve of other budgets, scaled to what this result lost"),
    /** In proportion to the cost that is saved. */
    LINE("a straight line between the original and this result");

    private final String words;

    Basis(String words) {
      this.words = words;
    }
  }

  /** A forecast; the collections are copied, and the order of bounds is kept. */
  public BudgetForecast {
    constraints = Collections.unmodifiableMap(new LinkedHashMap<>(constraints));
    metrics = List.copyOf(metrics);
  }

  /** That no budget is foretold to pass. */
  public static BudgetForecast none(Basis basis) {
    return new BudgetForecast(Map.of(), List.of(), basis);
  }

  /** For people, on a line. */
  public String toText() {
    if (constraints.isEmpty()) {
      return "no budget below the whole model is foretold to pass";
    }
    return "foretold to pass: %s (%s); a forecast by %s, not a measurement"
        .formatted(bounds(), values(), basis.words);
  }

  private String bounds() {
    return constraints.entrySet().stream()
        .map(bound -> bound.getKey() + "=" + bound.getValue())
        .collect(Collectors.joining(", "));
  }

  private String values() {
    return metrics.stream()
        .map(each -> each.name() + " " + value(each.after().orElse(Double.NaN), each.unit()))
        .collect(Collectors.joining(", "));
  }

  private static String value(double value, String unit) {
    if (unit.equals("fraction")) {
      return String.format(Locale.ROOT, "%.2f %%", 100 * value);
    }
    boolean isWhole = value == Math.rint(value) && Math.abs(value) < 1e15;
    return String.format(Locale.ROOT, isWhole ? "%,.0f" : "%,.3f", value);
  }
}
