package io.espalier.standalone.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.espalier.schemas.policy.Policies;
import io.espalier.schemas.policy.PolicyFile;
import io.espalier.schemas.policy.PolicyProblem;
import io.espalier.worker.domain.InvalidInputException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Options in place of a policy file.
 *
 * @param algorithm as policies name it
 * @param constraints bounds by name as in policies; empty for what asks for sizes by number
 * @param gates such as {@code accuracy maxDegradation=0.02}
 * @param settings further keys of the stage with their values as YAML; a dot leads into a key
 * @param data data by role, as paths or URIs
 */
public record PolicyOptions(
    String algorithm,
    Map<String, String> constraints,
    List<String> gates,
    Map<String, String> settings,
    Map<String, String> data) {
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .enable(YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS) // off is a word here
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .build();
  private static final Pattern GATE = Pattern.compile("(?:(\\w+)\\s+)?(\\w+)\\s*=\\s*(\\S+)");
  private static final Pattern GATE_FIELD = Pattern.compile("spec\\.gates\\[(\\d+)](.*)");
  private static final String STAGE = "spec.stages[0].prune";
  private static final int LONGEST_NAME = 63;

  /** Options; collections are copied. */
  public PolicyOptions {
    constraints = Collections.unmodifiableMap(new LinkedHashMap<>(constraints));
    gates = List.copyOf(gates);
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    data = Map.copyOf(data);
  }

  /** The same with other bounds. */
  PolicyOptions within(Map<String, String> other) {
    return new PolicyOptions(algorithm, other, gates, settings, data);
  }

  /**
   * The policy that the options amount to, for models of a family.
   *
   * @throws InvalidInputException with every problem, by the option that it is about
   */
  LocalPolicy policy(String family) {
    String text = text(document(family));
    Policies read = PolicyFile.parse("policy", text);
    if (!read.valid()) {
      throw new InvalidInputException(read.problems().stream().map(this::told).toList());
    }
    return new LocalPolicy(read.policies().get(0).toAvro(1), Optional.of(text));
  }

  private ObjectNode document(String family) {
    ObjectNode root =
        JsonNodeFactory.instance
            .objectNode()
            .put("apiVersion", "espalier.io/v1")
            .put("kind", "PruningPolicy");
    root.putObject("metadata").put("name", name());
    ObjectNode spec = root.putObject("spec");
    spec.putObject("match").putArray("families").add(family);
    if (!data.isEmpty()) {
      ObjectNode roles = spec.putObject("data");
      new TreeMap<>(data).forEach((role, uri) -> roles.put(role, DataUri.of(uri).toString()));
    }
    spec.putArray("stages").addObject().set("prune", stage());
    if (!gates.isEmpty()) {
      var list = spec.putArray("gates");
      gates.forEach(gate -> list.add(gate(gate)));
    }
    return root;
  }

  private ObjectNode stage() {
    ObjectNode stage = JsonNodeFactory.instance.objectNode().put("algorithm", algorithm);
    if (!constraints.isEmpty()) {
      ObjectNode bounds = stage.putObject("constraints");
      constraints.forEach((name, bound) -> bounds.set(name, value("--constraint " + name, bound)));
    }
    settings.forEach((key, text) -> put(stage, key, value("--set " + key, text)));
    for (String own : List.of("algorithm", "constraints")) {
      if (settings.keySet().stream().anyMatch(key -> key.split("\\.", -1)[0].equals(own))) {
        throw new InvalidInputException(
            "--set %s: has an option of its own, --%s".formatted(own, own.replaceFirst("s$", "")));
      }
    }
    return stage;
  }

  private static void put(ObjectNode stage, String key, JsonNode value) {
    ObjectNode within = stage;
    String[] path = key.split("\\.", -1);
    for (int i = 0; i < path.length - 1; i++) {
      JsonNode next = within.path(path[i]);
      within = next.isObject() ? (ObjectNode) next : within.putObject(path[i]);
    }
    within.set(path[path.length - 1], value);
  }

  private static JsonNode value(String option, String text) {
    try {
      return YAML.readTree(text);
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(
          "%s: wanted a value as in a policy, found '%s': %s"
              .formatted(option, text, e.getOriginalMessage()));
    }
  }

  private static ObjectNode gate(String text) {
    Matcher parts = GATE.matcher(text.strip());
    if (!parts.matches()) {
      throw new InvalidInputException(
          "--gate: wanted 'METRIC RULE=BOUND', such as 'accuracy maxDegradation=0.02', found '%s'"
              .formatted(text));
    }
    ObjectNode gate = JsonNodeFactory.instance.objectNode();
    if (parts.group(1) != null) {
      gate.put("metric", parts.group(1));
    }
    gate.set(parts.group(2), value("--gate", parts.group(3)));
    return gate;
  }

  /** Such as {@code fastnas-flops-60pct}. */
  private String name() {
    String name = algorithm + "-" + BudgetNames.of(constraints);
    String plain = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.-]+", "-");
    return plain
        .substring(0, Math.min(LONGEST_NAME, plain.length()))
        .replaceAll("^[.-]+|[.-]+$", "");
  }

  private String told(PolicyProblem problem) {
    String path = problem.path();
    Matcher gate = GATE_FIELD.matcher(path);
    String where = path;
    if (gate.matches()) {
      where = "--gate '%s'".formatted(gates.get(Integer.parseInt(gate.group(1))));
    } else if (path.startsWith(STAGE + ".constraints")) {
      where = "--constraint" + after(path, STAGE + ".constraints");
    } else if (path.startsWith(STAGE + ".algorithm")) {
      where = "--algorithm";
    } else if (path.startsWith(STAGE)) {
      where = path.equals(STAGE) ? "--constraint, --set" : "--set" + after(path, STAGE);
    } else if (path.startsWith("spec.data")) {
      where = "--data" + after(path, "spec.data");
    }
    return where + ": " + problem.message();
  }

  private static String after(String path, String parent) {
    return path.substring(parent.length()).replaceFirst("^\\.", " ");
  }

  private static String text(ObjectNode document) {
    try {
      return YAML.writeValueAsString(document);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("cannot be written as YAML: " + document, impossible);
    }
  }
}
