package io.espalier.fact;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Facts of what a stage changed as JSON: {@code widths[]} ({@code axis}, {@code kind}, {@code
 * module}, {@code before}, {@code after}), {@code constraints[]} ({@code quantity}, {@code asked},
 * {@code limit}, {@code reached}), {@code candidates[]} ({@code sizes}, {@code layers}, {@code
 * cost}, {@code metric}, {@code score}, {@code chosen}). What is empty is left out.
 */
public final class FactsJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private FactsJson() {}

  /** Returns facts as JSON, the same facts always as the same text. */
  public static ObjectNode of(ChangeFacts facts) {
    ObjectNode node = NODES.objectNode();
    list(node, "widths", facts.widths(), FactsJson::width);
    list(node, "constraints", facts.constraints(), FactsJson::constraint);
    list(node, "candidates", facts.candidates(), FactsJson::candidate);
    return node;
  }

  /**
   * Returns facts that were written as JSON; none if there is none, as older versions wrote none.
   *
   * @throws IllegalArgumentException if a value of a fact is missing
   */
  public static ChangeFacts read(@Nullable JsonNode node) {
    return node == null
        ? ChangeFacts.NONE
        : new ChangeFacts(
            read(node.path("widths"), FactsJson::width),
            read(node.path("constraints"), FactsJson::constraint),
            read(node.path("candidates"), FactsJson::candidate));
  }

  private static <X> void list(
      ObjectNode node, String key, List<X> facts, Function<X, ObjectNode> form) {
    ArrayNode list = node.putArray(key);
    facts.forEach(fact -> list.add(form.apply(fact)));
  }

  private static <X> List<X> read(JsonNode list, Function<JsonNode, X> form) {
    var facts = new ArrayList<X>();
    list.forEach(fact -> facts.add(form.apply(fact)));
    return facts;
  }

  private static ObjectNode width(WidthFact fact) {
    return NODES
        .objectNode()
        .put("axis", fact.axis())
        .put("kind", fact.kind())
        .put("module", fact.module())
        .put("before", fact.before())
        .put("after", fact.after());
  }

  private static WidthFact width(JsonNode node) {
    return new WidthFact(
        node.required("axis").textValue(),
        node.required("kind").textValue(),
        node.required("module").textValue(),
        node.required("before").intValue(),
        node.required("after").intValue());
  }

  private static ObjectNode constraint(ConstraintFact fact) {
    ObjectNode node =
        NODES.objectNode().put("quantity", fact.quantity()).put("asked", fact.asked());
    fact.limit().ifPresent(limit -> node.put("limit", limit));
    fact.reached().ifPresent(reached -> node.put("reached", reached));
    return node;
  }

  private static ConstraintFact constraint(JsonNode node) {
    return new ConstraintFact(
        node.required("quantity").textValue(),
        node.required("asked").textValue(),
        optional(node.get("limit")),
        optional(node.get("reached")));
  }

  private static ObjectNode candidate(CandidateFact fact) {
    ObjectNode node = NODES.objectNode();
    ObjectNode sizes = node.putObject("sizes");
    new TreeMap<>(fact.sizes()).forEach(sizes::put);
    ArrayNode layers = node.putArray("layers");
    fact.layers().forEach(layers::add);
    ObjectNode cost = node.putObject("cost");
    new TreeMap<>(fact.cost()).forEach(cost::put);
    fact.score()
        .ifPresent(score -> node.put("metric", score.metric()).set("score", number(score.value())));
    return node.put("chosen", fact.chosen());
  }

  private static CandidateFact candidate(JsonNode node) {
    var layers = new ArrayList<Integer>();
    node.required("layers").forEach(layer -> layers.add(layer.intValue()));
    return new CandidateFact(
        numbers(node.required("sizes"), JsonNode::intValue),
        layers,
        numbers(node.required("cost"), JsonNode::longValue),
        Optional.ofNullable(node.get("score"))
            .map(
                score ->
                    new CandidateFact.Score(node.required("metric").textValue(), number(score))),
        node.required("chosen").booleanValue());
  }

  private static <X> Map<String, X> numbers(JsonNode node, Function<JsonNode, X> form) {
    var numbers = new TreeMap<String, X>();
    node.properties().forEach(each -> numbers.put(each.getKey(), form.apply(each.getValue())));
    return numbers;
  }

  /** Returns a number as JSON, which has no NaN and no infinity: they become text. */
  private static JsonNode number(double value) {
    return Double.isFinite(value)
        ? NODES.numberNode(value)
        : NODES.textNode(Double.toString(value));
  }

  private static double number(JsonNode value) {
    return value.isTextual() ? Double.parseDouble(value.textValue()) : value.doubleValue();
  }

  private static OptionalLong optional(@Nullable JsonNode value) {
    return value == null ? OptionalLong.empty() : OptionalLong.of(value.longValue());
  }
}
