package io.espalier.schemas.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.event.Gate;
import io.espalier.event.GateRule;
import io.espalier.event.OnGateFailure;
import io.espalier.event.PolicyMatch;
import io.espalier.event.PruningPolicy;
import io.espalier.event.StageSpec;
import io.espalier.schemas.KindNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A valid policy, as it was written. What it leaves out has the defaults of the format. */
public final class Policy {
  private static final JsonNode NOTHING = JsonNodeFactory.instance.missingNode();
  private static final Map<String, TimeUnit> UNITS =
      Map.of(
          "ms", TimeUnit.MILLISECONDS,
          "s", TimeUnit.SECONDS,
          "m", TimeUnit.MINUTES,
          "h", TimeUnit.HOURS,
          "d", TimeUnit.DAYS);

  private final String source;
  private final String name;
  private final JsonNode spec;

  private Policy(String source, String name, JsonNode spec) {
    this.source = source;
    this.name = name;
    this.spec = spec;
  }

  /** The policy in a document that has been checked. */
  static Policy of(Document document) {
    JsonNode root = document.root();
    return new Policy(document.source(), root.at("/metadata/name").asText(), root.path("spec"));
  }

  /** The file it is from, or what stands for it. */
  String source() {
    return source;
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /**
   * The event that makes it known.
   *
   * @param generation later than that of the policy it replaces
   */
  public PruningPolicy toAvro(long generation) {
    JsonNode placement = spec.path("placement");
    JsonNode retries = spec.path("retries");
    return PruningPolicy.newBuilder()
        .setName(name)
        .setGeneration(generation)
        .setMatch(match())
        .setData(texts(spec.path("data")))
        .setStages(stages())
        .setGates(gates())
        .setOnGateFailure(
            OnGateFailure.valueOf(
                spec.path("onGateFailure").asText("reject").toUpperCase(Locale.ROOT)))
        .setPool(placement.path("pool").asText("default"))
        .setPriority(placement.path("priority").asInt(0))
        .setMaxAttempts(retries.path("attempts").asInt(3))
        .setBackoffMillis(millis(retries.path("backoff").asText("30s")))
        .setDeadlineMillis(millis(spec.path("deadline").asText("6h")))
        .setQueueTimeoutMillis(
            spec.has("queueTimeout") ? millis(spec.get("queueTimeout").asText()) : null)
        .setSeed(spec.path("seed").asLong(0))
        .setMaxGeneration(spec.path("maxGeneration").asInt(0))
        .build();
  }

  /** Returns whether a published policy says the same; its generation is not compared. */
  public boolean says(PruningPolicy published) {
    return toAvro(published.getGeneration()).equals(published);
  }

  private PolicyMatch match() {
    JsonNode match = spec.path("match");
    return PolicyMatch.newBuilder()
        .setTask(match.has("task") ? match.get("task").asText() : null)
        .setNames(list(match.path("names")))
        .setFamilies(list(match.path("families")))
        .setLabels(texts(match.path("labels")))
        .build();
  }

  private List<StageSpec> stages() {
    var stages = new ArrayList<StageSpec>();
    for (JsonNode stage : spec.path("stages")) {
      String kind = stage.fieldNames().next();
      stages.add(
          StageSpec.newBuilder()
              .setKind(KindNames.symbol(kind))
              .setSpec(CanonicalJson.of(stage.get(kind)))
              .setKindName(KindNames.beside(kind))
              .build());
    }
    return stages;
  }

  private List<Gate> gates() {
    var gates = new ArrayList<Gate>();
    for (JsonNode gate : spec.path("gates")) {
      gates.add(gate(gate));
    }
    return gates;
  }

  private static Gate gate(JsonNode gate) {
    JsonNode bound = NOTHING;
    GateRule rule = GateRule.THRESHOLD;
    String metric = "";
    for (Map.Entry<String, JsonNode> field : gate.properties()) {
      if (field.getKey().equals("metric")) {
        metric = field.getValue().asText();
      } else {
        rule = rule(field.getKey());
        bound = field.getValue();
      }
    }
    return Gate.newBuilder()
        .setMetric(metric.isEmpty() ? implied(rule).orElse("") : metric)
        .setRule(rule)
        .setBound(bound.asDouble())
        .build();
  }

  private static GateRule rule(String field) {
    return Stream.of(GateRule.values())
        .filter(rule -> field(rule).equals(field))
        .findFirst()
        .orElse(GateRule.THRESHOLD);
  }

  /** The field of a gate that has the bound of a rule. */
  static String field(GateRule rule) {
    return switch (rule) {
      case THRESHOLD -> "threshold";
      case MAX_DEGRADATION -> "maxDegradation";
      case PERCENT_MAX_DEGRADATION -> "percentMaxDegradation";
      case MIN_SPEEDUP -> "minSpeedup";
      case MAX_BYTES -> "maxBytes";
    };
  }

  /** Returns how durations write a unit. */
  static String letter(TimeUnit unit) {
    return UNITS.entrySet().stream()
        .filter(entry -> entry.getValue() == unit)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }

  /** The metric that a rule is about if none is named, if it is about one. */
  static Optional<String> implied(GateRule rule) {
    return switch (rule) {
      case MAX_BYTES -> Optional.of("bytes");
      case MIN_SPEEDUP -> Optional.of("latencyMillis");
      case THRESHOLD, MAX_DEGRADATION, PERCENT_MAX_DEGRADATION -> Optional.empty();
    };
  }

  private static long millis(String duration) {
    String digits = duration.replaceAll("[^0-9]", "");
    String unit = duration.substring(digits.length());
    return UNITS.getOrDefault(unit, TimeUnit.MILLISECONDS).toMillis(Long.parseLong(digits));
  }

  private static List<String> list(JsonNode array) {
    var list = new ArrayList<String>();
    array.forEach(item -> list.add(item.asText()));
    return list;
  }

  private static Map<String, String> texts(JsonNode object) {
    Map<String, String> texts = new TreeMap<>();
    object.properties().forEach(field -> texts.put(field.getKey(), field.getValue().asText()));
    return texts;
  }
}
