package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Measurement;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A budget that is foretold to pass the gates that a result failed. Nothing of it was measured.
 *
 * @param constraints bounds by name, as policies write them; empty if no budget below the whole
 *     model is foretold to pass
 * @param gated the metrics that gates look at, with the foretold value after
 * @param basis how it was foretold
 */
record GateForecast(Map<String, String> constraints, List<Measurement> gated, Basis basis) {
  /** How losses of other budgets are foretold. */
  enum Basis {
    /** As the search foretold them, scaled to what was measured. */
    CURVE("the report's curve of other budgets, scaled to what this result lost"),
    /** In proportion to the cost that is saved. */
    LINE("a straight line between the original and this result");

    private final String words;

    Basis(String words) {
      this.words = words;
    }
  }

  /** That no budget is foretold to pass. */
  static GateForecast none(Basis basis) {
    return new GateForecast(Map.of(), List.of(), basis);
  }

  /** For people, on a line. */
  String toText() {
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
    return gated.stream()
        .map(each -> each.name() + " " + Figures.of(each.after().orElseThrow(), each.unit()))
        .collect(Collectors.joining(", "));
  }

  /** For programs: {@code constraints}, {@code metrics} by name, {@code basis}. */
  ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ObjectNode bounds = json.putObject("constraints");
    constraints.forEach(bounds::put);
    json.set("metrics", Measurement.after(gated));
    return json.put("basis", basis.name().toLowerCase(Locale.ROOT));
  }
}
