package io.espalier.worker.stage.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.fact.FactsJson;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.stage.Json;
import io.espalier.worker.stage.StageResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A stage's report and its cost as JSON. */
public final class ReportJson {
  private ReportJson() {}

  /** A report as JSON. */
  public static ObjectNode of(StageReport report) {
    ObjectNode node =
        Json.object()
            .put("algorithm", report.algorithm())
            .put("algorithmVersion", report.algorithmVersion())
            .put("device", report.device());
    node.set("change", Json.texts(report.change()));
    ArrayNode metrics = node.putArray("metrics");
    report.metrics().forEach(metric -> metrics.add(metric(metric)));
    ArrayNode loadsIn = node.putArray("loadsIn");
    report.loadsIn().forEach(loadsIn::add);
    node.set("facts", FactsJson.of(report.facts()));
    return node;
  }

  /** A report read back. */
  public static StageReport report(JsonNode node) {
    List<Metric> metrics = new ArrayList<>();
    node.required("metrics").forEach(metric -> metrics.add(metric(metric)));
    List<String> loadsIn = new ArrayList<>();
    node.required("loadsIn").forEach(loader -> loadsIn.add(loader.textValue()));
    return new StageReport(
        node.required("algorithm").textValue(),
        node.required("algorithmVersion").textValue(),
        Json.texts(node.required("change")),
        metrics,
        loadsIn,
        node.required("device").textValue(),
        FactsJson.read(node.get("facts"))); // reports of older versions have none
  }

  /** A result as JSON: the report with its cost. */
  public static ObjectNode of(StageResult result) {
    ObjectNode node =
        Json.object()
            .put("wallMillis", result.wallMillis())
            .put("startMillis", result.startMillis())
            .put("cached", result.cached());
    result.peakMemoryBytes().ifPresent(bytes -> node.put("peakMemoryBytes", bytes));
    node.set("report", of(result.report()));
    return node;
  }

  /** A result read back. */
  public static StageResult result(JsonNode node) {
    return new StageResult(
        report(node.required("report")),
        node.required("wallMillis").longValue(),
        node.path("startMillis").longValue(), // results of older versions have none
        optionalLong(node.get("peakMemoryBytes")),
        node.required("cached").booleanValue());
  }

  private static ObjectNode metric(Metric metric) {
    ObjectNode node =
        Json.object()
            .put("name", metric.name())
            .put("unit", metric.unit())
            .put("higherIsBetter", metric.higherIsBetter());
    metric.before().ifPresent(value -> Json.put(node, "before", value));
    metric.after().ifPresent(value -> Json.put(node, "after", value));
    metric.dataset().ifPresent(uri -> node.put("dataset", uri));
    metric.samples().ifPresent(samples -> node.put("samples", samples));
    return node;
  }

  private static Metric metric(JsonNode node) {
    return new Metric(
        node.required("name").textValue(),
        node.required("unit").textValue(),
        optionalDouble(node.get("before")),
        optionalDouble(node.get("after")),
        node.required("higherIsBetter").booleanValue(),
        Optional.ofNullable(node.get("dataset")).map(JsonNode::textValue),
        optionalLong(node.get("samples")));
  }

  private static OptionalDouble optionalDouble(@Nullable JsonNode node) {
    return node == null ? OptionalDouble.empty() : OptionalDouble.of(Json.number(node));
  }

  static OptionalLong optionalLong(@Nullable JsonNode node) {
    return node == null ? OptionalLong.empty() : OptionalLong.of(node.longValue());
  }
}
