package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.Metric;
import io.espalier.event.StageOutcome;
import io.espalier.fact.FactsJson;
import io.espalier.gate.BudgetForecast;
import io.espalier.gate.GatedMetric;
import io.espalier.schemas.FactsMapping;
import io.espalier.schemas.KindNames;
import io.espalier.standalone.report.Measurement;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/** Events as JSON and as measurements. */
public final class Events {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Events() {}

  /** An event with the names of its Avro fields; times as ISO 8601, absent values left out. */
  public static ObjectNode json(IndexedRecord event) {
    ObjectNode json = JSON.objectNode();
    for (Schema.Field field : event.getSchema().getFields()) {
      Object value = event.get(field.pos());
      if (value != null) {
        json.set(field.name(), value(value));
      }
    }
    return json;
  }

  /** Measurements of a run's metrics. */
  public static List<Measurement> measurements(List<Metric> metrics) {
    return metrics.stream()
        .map(
            metric ->
                new Measurement(
                    metric.getName(),
                    metric.getUnit(),
                    optional(metric.getBefore()),
                    optional(metric.getAfter())))
        .toList();
  }

  /** A budget that is foretold to pass gates. */
  static BudgetForecast forecast(io.espalier.event.BudgetForecast forecast) {
    return new BudgetForecast(
        forecast.getConstraints(),
        forecast.getMetrics().stream().map(Events::gated).toList(),
        BudgetForecast.Basis.valueOf(forecast.getBasis().name()));
  }

  private static GatedMetric gated(Metric metric) {
    return new GatedMetric(
        metric.getName(),
        metric.getUnit(),
        optional(metric.getBefore()),
        optional(metric.getAfter()),
        metric.getHigherIsBetter());
  }

  /** Stages that are done, in short. */
  public static ArrayNode stages(List<StageOutcome> outcomes) {
    ArrayNode stages = JSON.arrayNode();
    for (StageOutcome outcome : outcomes) {
      var report = outcome.getReport();
      ObjectNode stage = stages.addObject();
      stage
          .put("kind", KindNames.of(outcome.getKind(), outcome.getKindName()))
          .put("algorithm", report.getAlgorithm())
          .put("algorithmVersion", report.getAlgorithmVersion())
          .put("attempts", outcome.getAttempts())
          .put("seconds", report.getCost().getWallMillis() / 1000.0)
          .put("device", report.getCost().getDevice())
          .put("cached", report.getCost().getCached());
      List<Measurement> measured = measurements(report.getMetrics());
      stage.set("before", Measurement.before(measured));
      stage.set("after", Measurement.after(measured));
      stage.set("change", MAPPER.valueToTree(new java.util.TreeMap<>(report.getChange())));
      stage.set("facts", FactsJson.of(FactsMapping.fromAvro(report.getFacts())));
    }
    return stages;
  }

  /** An enum's constant as people write it. */
  public static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** An enum's constant in words, such as {@code backing off}. */
  static String words(Enum<?> constant) {
    return lower(constant).replace('_', ' ');
  }

  private static OptionalDouble optional(@Nullable Double value) {
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  private static JsonNode value(Object value) {
    if (value instanceof IndexedRecord inner) {
      return json(inner);
    }
    if (value instanceof Collection<?> list) {
      ArrayNode array = JSON.arrayNode();
      list.forEach(item -> array.add(value(item)));
      return array;
    }
    if (value instanceof Map<?, ?> map) {
      ObjectNode object = JSON.objectNode();
      map.forEach((key, item) -> object.set(key.toString(), value(item)));
      return object;
    }
    return value instanceof Number || value instanceof Boolean
        ? MAPPER.valueToTree(value)
        : JSON.textNode(value.toString());
  }
}
