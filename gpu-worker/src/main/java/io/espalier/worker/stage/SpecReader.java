package io.espalier.worker.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads the specification of a {@code prune} stage, and gathers what is wrong with it. */
final class SpecReader {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  private static final int LARGEST = 1_000_000;

  private final JsonNode spec;
  private final Set<String> keys;
  private final List<String> problems = new ArrayList<>();

  /**
   * A specification as a policy has it.
   *
   * @param keys that are known
   * @throws InvalidInputException if it is no object
   */
  SpecReader(String json, Set<String> keys) {
    this.keys = new TreeSet<>(keys);
    this.spec = tree(json);
    refuseUnknown();
  }

  /** The algorithm that a specification names; empty if it names none. */
  static String algorithm(String json) {
    return tree(json).path("algorithm").asText();
  }

  boolean hasProblems() {
    return !problems.isEmpty();
  }

  /** Everything that is wrong. */
  InvalidInputException refusal() {
    return new InvalidInputException(problems);
  }

  void requireAlgorithm(String wanted) {
    JsonNode found = spec.path("algorithm");
    if (!found.asText().equals(wanted)) {
      problems.add(
          "prune.algorithm: wanted one of %s, found %s"
              .formatted(PruneStage.ALGORITHMS, found.isMissingNode() ? "nothing" : found));
    }
  }

  /** Whether anything is said of a key. */
  boolean says(String key) {
    return !at(key).isMissingNode();
  }

  /** Names of the fields of a group, in their order; none if it is no group, which is a problem. */
  List<String> fields(String key) {
    JsonNode group = at(key);
    if (!group.isObject()) {
      problem("%s: wanted a group of fields, found %s".formatted(key, group));
    }
    List<String> names = new ArrayList<>();
    group.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** Adds something that is wrong, beginning with the key. */
  void problem(String problem) {
    problems.add("prune." + problem);
  }

  /** A part of 1 that is less than all of it. */
  double part(String key, double usual) {
    JsonNode value = spec.path(key);
    if (value.isMissingNode()) {
      return usual;
    }
    if (!value.isNumber() || !(value.doubleValue() >= 0 && value.doubleValue() < 1)) {
      problem("%s: wanted a number from 0 to under 1, found %s".formatted(key, value));
      return usual;
    }
    return value.doubleValue();
  }

  /** A text, if it is said. */
  Optional<String> text(String key) {
    JsonNode value = spec.path(key);
    return value.isMissingNode() ? Optional.empty() : Optional.of(value.asText());
  }

  private JsonNode at(String key) {
    JsonNode node = spec;
    for (String part : key.split("\\.", -1)) {
      node = node.path(part);
    }
    return node;
  }

  /** True or false; false if it is not said. */
  boolean flag(String key) {
    JsonNode value = spec.path(key);
    if (!value.isMissingNode() && !value.isBoolean()) {
      problems.add("prune.%s: wanted true or false, found %s".formatted(key, value));
    }
    return value.asBoolean();
  }

  void refuseUnknown() {
    spec.fieldNames()
        .forEachRemaining(
            key -> {
              if (!keys.contains(key)) {
                problems.add("prune.%s: unknown, known are %s".formatted(key, keys));
              }
            });
  }

  @Nullable Constraints constraints() {
    return constraints(Constraints::parse, Set.of());
  }

  /**
   * Constraints.
   *
   * @param parse how they are read
   * @param others fields beside them that say something else
   */
  @Nullable Constraints constraints(
      Function<Map<String, String>, Constraints> parse, Set<String> others) {
    JsonNode node = spec.path("constraints");
    if (!node.isObject()) {
      problems.add(
          "prune.constraints: wanted an object such as {\"flops\": \"60%%\"}, found %s"
              .formatted(node.isMissingNode() ? "nothing" : node));
      return null;
    }
    Map<String, String> asked = new LinkedHashMap<>();
    node.properties()
        .forEach(
            entry -> {
              JsonNode value = entry.getValue();
              asked.put(entry.getKey(), value.isValueNode() ? value.asText() : value.toString());
            });
    asked.keySet().removeAll(others);
    try {
      return parse.apply(asked);
    } catch (InvalidInputException e) {
      e.problems().forEach(problem -> problems.add("prune." + problem));
      return null;
    }
  }

  int count(String key, int otherwise) {
    return count(key).orElse(otherwise);
  }

  OptionalInt count(String key) {
    return number(key, 1);
  }

  /** A whole number, if it is said; a field of a group is named with the group, and a dot. */
  OptionalInt number(String key, int least) {
    JsonNode value = at(key);
    if (value.isMissingNode()) {
      return OptionalInt.empty();
    }
    if (!value.isInt() || value.intValue() < least || value.intValue() > LARGEST) {
      problems.add(
          "prune.%s: wanted a whole number from %d to %d, found %s"
              .formatted(key, least, LARGEST, value));
      return OptionalInt.empty();
    }
    return OptionalInt.of(value.intValue());
  }

  LayerRules layers() {
    JsonNode nodes = spec.path("layers");
    if (!nodes.isMissingNode() && !nodes.isArray()) {
      problems.add("prune.layers: wanted a list of rules, found " + nodes);
      return LayerRules.NONE;
    }
    var rules = new ArrayList<LayerRules.Rule>();
    for (int i = 0; i < nodes.size(); i++) {
      String where = "prune.layers[%d]".formatted(i);
      try {
        if (!nodes.get(i).isObject()) {
          throw new IllegalArgumentException("it is no group of fields");
        }
        rules.add(JSON.treeToValue(nodes.get(i), LayerRule.class).rule());
      } catch (JsonProcessingException | IllegalArgumentException e) {
        String why =
            e instanceof JsonProcessingException j ? j.getOriginalMessage() : e.getMessage();
        problems.add(
            "%s: wanted match with exclude, channelDivisor or ratios, found %s (%s)"
                .formatted(where, nodes.get(i), why));
      }
    }
    return new LayerRules(rules);
  }

  <E> E oneOf(String key, E[] known, Function<E, String> word, E usual) {
    return oneOf(key, known, word).orElse(usual);
  }

  <E> Optional<E> oneOf(String key, E[] known, Function<E, String> word) {
    JsonNode value = spec.path(key);
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    for (E one : known) {
      if (word.apply(one).equals(value.asText())) {
        return Optional.of(one);
      }
    }
    problems.add(
        "prune.%s: wanted one of %s, found %s"
            .formatted(key, Arrays.stream(known).map(word).toList(), value));
    return Optional.empty();
  }

  private static JsonNode tree(String json) {
    try {
      JsonNode tree = JSON.readTree(json);
      if (tree.isObject()) {
        return tree;
      }
    } catch (JsonProcessingException e) {
      throw new InvalidInputException("prune: not JSON: " + e.getOriginalMessage());
    }
    throw new InvalidInputException(
        "prune: wanted an object with algorithm and constraints, found " + json);
  }

  /** A rule as a policy has it. */
  private record LayerRule(
      @Nullable String match,
      @Nullable Boolean exclude,
      @Nullable Integer channelDivisor,
      @Nullable List<Double> ratios) {
    LayerRules.Rule rule() {
      if (match == null || match.isEmpty()) {
        throw new IllegalArgumentException("match is missing");
      }
      if (ratios != null && (ratios.isEmpty() || ratios.contains(null))) {
        throw new IllegalArgumentException("ratios are not numbers");
      }
      if (exclude == null && channelDivisor == null && ratios == null) {
        throw new IllegalArgumentException("it says nothing of the layers");
      }
      return new LayerRules.Rule(
          match,
          Optional.ofNullable(channelDivisor),
          Optional.ofNullable(ratios),
          Optional.ofNullable(exclude));
    }
  }
}
