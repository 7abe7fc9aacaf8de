package io.espalier.schemas.policy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.Gate;
import io.espalier.event.OnGateFailure;
import io.espalier.event.PolicyMatch;
import io.espalier.event.PruningPolicy;
import io.espalier.event.StageSpec;
import io.espalier.schemas.KindNames;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A published policy as the document that says the same: {@link Policy#toAvro} the other way round.
 * What has the format's default is left out, so that two policies that say the same are the same
 * document.
 */
public final class PolicyDocument {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
  private static final List<TimeUnit> UNITS =
      List.of(TimeUnit.DAYS, TimeUnit.HOURS, TimeUnit.MINUTES, TimeUnit.SECONDS);
  private static final String DEFAULT_POOL = "default";

  private PolicyDocument() {}

  /** The document of a policy; its generation is no part of it. */
  public static ObjectNode of(PruningPolicy policy) {
    ObjectNode document = JSON.objectNode();
    document.put("apiVersion", "espalier.io/v1").put("kind", "PruningPolicy");
    document.putObject("metadata").put("name", policy.getName());
    ObjectNode spec = document.putObject("spec");
    spec.set("match", match(policy.getMatch()));
    putTexts(spec, "data", policy.getData());
    ArrayNode stages = spec.putArray("stages");
    policy.getStages().forEach(stage -> stages.add(stage(stage)));
    putGates(spec, policy);
    putPlacement(spec, policy);
    putEffort(spec, policy);
    return document;
  }

  private static ObjectNode match(PolicyMatch match) {
    ObjectNode node = JSON.objectNode();
    if (match.getTask() != null) {
      node.put("task", match.getTask());
    }
    putList(node, "names", match.getNames());
    putList(node, "families", match.getFamilies());
    putTexts(node, "labels", match.getLabels());
    return node;
  }

  private static ObjectNode stage(StageSpec stage) {
    String kind = KindNames.of(stage.getKind(), stage.getKindName());
    try {
      return JSON.objectNode().set(kind, MAPPER.readTree(stage.getSpec()));
    } catch (JsonProcessingException broken) {
      return JSON.objectNode().put(kind, stage.getSpec()); // shown, and refused if applied again
    }
  }

  private static void putGates(ObjectNode spec, PruningPolicy policy) {
    if (!policy.getGates().isEmpty()) {
      ArrayNode gates = spec.putArray("gates");
      policy.getGates().forEach(gate -> gates.add(gate(gate)));
    }
    if (policy.getOnGateFailure() != OnGateFailure.REJECT) {
      spec.put("onGateFailure", policy.getOnGateFailure().name().toLowerCase(Locale.ROOT));
    }
  }

  private static ObjectNode gate(Gate gate) {
    ObjectNode node = JSON.objectNode();
    if (!Policy.implied(gate.getRule()).equals(Optional.of(gate.getMetric()))) {
      node.put("metric", gate.getMetric());
    }
    BigDecimal bound = BigDecimal.valueOf(gate.getBound()).stripTrailingZeros();
    return node.set(Policy.field(gate.getRule()), number(bound));
  }

  private static JsonNode number(BigDecimal value) {
    return value.scale() <= 0 ? JSON.numberNode(value.toBigInteger()) : JSON.numberNode(value);
  }

  private static void putPlacement(ObjectNode spec, PruningPolicy policy) {
    ObjectNode placement = JSON.objectNode();
    if (!policy.getPool().equals(DEFAULT_POOL)) {
      placement.put("pool", policy.getPool());
    }
    if (policy.getPriority() != 0) {
      placement.put("priority", policy.getPriority());
    }
    putUnlessEmpty(spec, "placement", placement);
  }

  private static void putEffort(ObjectNode spec, PruningPolicy policy) {
    ObjectNode retries = JSON.objectNode();
    if (policy.getMaxAttempts() != 3) {
      retries.put("attempts", policy.getMaxAttempts());
    }
    putUnless("30s", retries, "backoff", duration(policy.getBackoffMillis()));
    putUnlessEmpty(spec, "retries", retries);
    putUnless("6h", spec, "deadline", duration(policy.getDeadlineMillis()));
    if (policy.getQueueTimeoutMillis() != null) {
      spec.put("queueTimeout", duration(policy.getQueueTimeoutMillis()));
    }
    if (policy.getSeed() != 0) {
      spec.put("seed", policy.getSeed());
    }
    if (policy.getMaxGeneration() != 0) {
      spec.put("maxGeneration", policy.getMaxGeneration());
    }
  }

  /** In the largest unit of which it is a whole number, such as {@code 90s}. */
  private static String duration(long millis) {
    return UNITS.stream()
        .filter(unit -> millis > 0 && millis % unit.toMillis(1) == 0)
        .findFirst()
        .map(unit -> unit.convert(millis, TimeUnit.MILLISECONDS) + Policy.letter(unit))
        .orElse(millis + "ms");
  }

  private static void putUnless(String usual, ObjectNode node, String field, String value) {
    if (!value.equals(usual)) {
      node.put(field, value);
    }
  }

  private static void putUnlessEmpty(ObjectNode node, String field, ObjectNode value) {
    if (!value.isEmpty()) {
      node.set(field, value);
    }
  }

  private static void putTexts(ObjectNode node, String field, Map<String, String> texts) {
    ObjectNode object = JSON.objectNode();
    new TreeMap<>(texts).forEach(object::put);
    putUnlessEmpty(node, field, object);
  }

  private static void putList(ObjectNode node, String field, List<String> texts) {
    if (!texts.isEmpty()) {
      texts.forEach(node.putArray(field)::add);
    }
  }
}
