package io.espalier.worker.report.index;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.ResultIdentityJson;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * A result with a report, as a list of many tells of it.
 *
 * @param directory of the result
 * @param model what it is called, with its version if it has one
 * @param algorithm that pruned it
 * @param policy that asked for it, with its generation if it has one
 * @param run its id
 * @param made when it was made; of older reports, when they were written
 * @param metrics before and after, in the order of the report
 */
public record ReportEntry(
    Path directory,
    String model,
    String algorithm,
    Optional<String> policy,
    Optional<String> run,
    Instant made,
    List<Metric> metrics) {
  /** Metrics of a model's size or speed, not quality; the first of the others is for quality. */
  private static final List<String> COSTS =
      List.of("parameters", "flops", "flopsPerToken", "bytes", "memory", "latencyMillis");

  /** An entry; the list is copied. */
  public ReportEntry {
    metrics = List.copyOf(metrics);
  }

  /**
   * An entry of a report as JSON.
   *
   * @param written when the file was
   */
  static ReportEntry of(Path directory, JsonNode report, Instant written) {
    JsonNode identity = report.path(ResultIdentityJson.KEY);
    var metrics = new ArrayList<Metric>();
    report.path("metrics").forEach(metric -> metrics.add(metric(metric)));
    return new ReportEntry(
        directory,
        named(identity.path("model"), "@", "version")
            .orElseGet(() -> report.at("/model/name").asText()),
        report.at("/setup/algorithm").asText(),
        named(identity.path("policy"), "#", "generation"),
        Optional.ofNullable(identity.path("run").textValue()),
        made(identity.path("made").asText(), written),
        metrics);
  }

  /** One of its metrics, if it has it. */
  public Optional<Metric> metric(String name) {
    return metrics.stream().filter(metric -> metric.name().equals(name)).findFirst();
  }

  /** The metric that says how good the model is: the first that is no cost. */
  public Optional<Metric> quality() {
    return metrics.stream().filter(metric -> !COSTS.contains(metric.name())).findFirst();
  }

  private static Optional<String> named(JsonNode node, String before, String number) {
    return Optional.ofNullable(node.path("name").textValue())
        .map(name -> node.has(number) ? name + before + node.path(number).asText() : name);
  }

  private static Instant made(String text, Instant written) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      return written;
    }
  }

  private static Metric metric(JsonNode node) {
    return new Metric(
        node.path("name").asText(),
        node.path("unit").asText(),
        number(node.path("before")),
        number(node.path("after")),
        node.path("higherIsBetter").asBoolean(),
        Optional.ofNullable(node.path("dataset").textValue()),
        node.path("samples").isNumber()
            ? OptionalLong.of(node.path("samples").longValue())
            : OptionalLong.empty());
  }

  private static OptionalDouble number(JsonNode node) {
    return node.isNumber() ? OptionalDouble.of(node.doubleValue()) : OptionalDouble.empty();
  }
}
