package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gate.BudgetForecast;
import io.espalier.gate.GateResult;
import io.espalier.standalone.report.Measurement;
import io.espalier.standalone.report.Result;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.report.Reports;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Report on an optimization.
 *
 * @param policy its name
 * @param gates what was measured, and how it fared
 * @param scoresReused whether no scores had to be measured
 */
record OptimizationResult(String policy, LocalGates gates, boolean scoresReused) {
  /**
   * A result that was written.
   *
   * @param copy the file with the policy, if it was written beside it
   */
  Result written(Path out, Manifest manifest, Optional<Path> copy) {
    ObjectNode json = json();
    json.putObject("artifact")
        .put("directory", out.toString())
        .put("rootDigest", manifest.rootDigest());
    copy.ifPresent(file -> json.put("policyFile", file.toString()));
    var text = text();
    text.append("\nwrote %s (root digest %s)".formatted(out, manifest.rootDigest()));
    copy.ifPresent(file -> text.append("\npolicy  ").append(file));
    gates.loading().ifPresent(loading -> loading.add(json));
    gates.loading().map(how -> how.text(out)).ifPresent(text::append);
    return ended(json, text, Optional.of(out));
  }

  /**
   * A result that gates refused.
   *
   * @param kept the directory with its report
   */
  Result rejected(Optional<Path> kept) {
    return ended(json(), text().append("\nno model was written, since a gate failed"), kept);
  }

  /** A model that no stage changed. */
  Result unchanged() {
    return ended(json(), text().append("\nno stage changed the model"), Optional.empty());
  }

  private ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("policy", policy).put("accepted", gates.accepted());
    json.set("before", Measurement.before(gates.measurements()));
    json.set("after", Measurement.after(gates.measurements()));
    var nodes = json.putArray("gates");
    gates.results().forEach(gate -> nodes.add(gateNode(gate)));
    gates.forecast().ifPresent(budget -> json.set("foretold", node(budget)));
    return json.put("scoresReused", scoresReused);
  }

  private StringBuilder text() {
    var text = new StringBuilder(Measurement.table(gates.measurements()));
    for (GateResult gate : gates.results()) {
      text.append(gate.passed() ? "\ngate passed: " : "\ngate failed: ").append(gates.words(gate));
    }
    gates.forecast().ifPresent(budget -> text.append('\n').append(budget.toText()));
    return text;
  }

  private Result ended(ObjectNode json, StringBuilder text, Optional<Path> reported) {
    Optional<Path> page =
        reported.map(path -> path.resolve(Reports.HTML)).filter(Files::isRegularFile);
    page.ifPresent(file -> json.put("report", file.toString()));
    page.ifPresent(file -> text.append("\nreport  ").append(file.toUri()));
    if (scoresReused) {
      text.append("\nscores were reused: an earlier run had measured all of them");
    }
    LocalStages.warn(json, gates.warnings());
    text.append(LocalStages.warnings(gates.warnings()));
    return Result.of(json, text.toString());
  }

  /** A forecast: {@code constraints}, {@code metrics} by name, {@code basis}. */
  private static ObjectNode node(BudgetForecast budget) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ObjectNode bounds = json.putObject("constraints");
    budget.constraints().forEach(bounds::put);
    List<Measurement> gated =
        budget.metrics().stream()
            .map(each -> new Measurement(each.name(), each.unit(), each.before(), each.after()))
            .toList();
    json.set("metrics", Measurement.after(gated));
    return json.put("basis", budget.basis().name().toLowerCase(Locale.ROOT));
  }

  private static ObjectNode gateNode(GateResult gate) {
    ObjectNode node =
        JsonNodeFactory.instance
            .objectNode()
            .put("metric", gate.gate().metric())
            .put("rule", gate.gate().rule().key())
            .put("bound", gate.gate().bound());
    gate.measured().ifPresent(value -> node.put("measured", value));
    return node.put("passed", gate.passed());
  }
}
