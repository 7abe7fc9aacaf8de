package io.espalier.schemas.policy;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a document must also keep to, and a JSON schema cannot say. Leaves alone what is of the
 * wrong type, since the schema has said so.
 */
final class PolicyRules {
  private static final String ACCURACY = "accuracy";
  private static final String LATENCY = "latencyMillis";
  private static final String PRUNE = "prune";
  private static final String EVALUATE = "evaluate";
  private static final Map<String, String> IMPLIED =
      Map.of("minSpeedup", LATENCY, "maxBytes", "bytes");
  private static final List<String> BOUNDS =
      List.of("maxDegradation", "percentMaxDegradation", "threshold", "minSpeedup", "maxBytes");

  /** What both stages measure; accuracy and loss where images have labels. */
  private static final Set<String> MEASURED =
      Set.of("parameters", "flops", "bytes", ACCURACY, "loss", LATENCY);

  /** Algorithms for models that read text. */
  private static final Set<String> OF_TEXT = Set.of("gradnas", "minitron");

  /** What a pruning of a model that reads text measures, by what the model does. */
  private static final Set<String> MEASURED_OF_TEXT =
      Set.of(
          "parameters",
          "flops",
          "flopsPerToken",
          "bytes",
          LATENCY,
          ACCURACY,
          "exactMatch",
          "f1",
          "loss",
          "perplexity",
          "similarity",
          "memory");

  /** Rules that look at the result alone; the others compare it with what there was before. */
  private static final Set<String> OF_RESULT = Set.of("threshold", "maxBytes");

  private final Document document;
  private final List<PolicyProblem> problems = new ArrayList<>();

  private PolicyRules(Document document) {
    this.document = document;
  }

  static List<PolicyProblem> check(Document document) {
    var rules = new PolicyRules(document);
    JsonNode spec = document.root().path("spec");
    spec.path("data")
        .properties()
        .forEach(role -> rules.data("/spec/data/" + role.getKey(), role.getValue()));
    new NameRules(rules::problem).check(spec.path("match"));
    rules.gates(spec.path("gates"));
    new AlgorithmRules(rules::problem).check(spec.path("stages"));
    rules.measured(spec.path("stages"), spec.path("gates"));
    return rules.problems;
  }

  private void data(String pointer, JsonNode uri) {
    if (!uri.isTextual()) {
      return;
    }
    try {
      URI parsed = new URI(uri.asText());
      if ("file".equalsIgnoreCase(parsed.getScheme())
          && (parsed.isOpaque() || parsed.getAuthority() != null)) {
        problem(pointer, "must name an absolute path, as file:///data/cifar10; found " + uri);
      }
    } catch (URISyntaxException broken) {
      problem(
          pointer,
          "is not a URI: %s at position %d of %s"
              .formatted(broken.getReason(), broken.getIndex(), uri));
    }
  }

  private void gates(JsonNode gates) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < gates.size(); i++) {
      JsonNode gate = gates.get(i);
      for (String bound : BOUNDS) {
        if (gate.has(bound)) {
          gate(
              "/spec/gates/" + i,
              gate.path("metric").asText(IMPLIED.getOrDefault(bound, "")),
              bound,
              gate.get(bound),
              seen);
        }
      }
    }
  }

  /** A gate on what no stage measures could only ever fail, after all the work. */
  private void measured(JsonNode stages, JsonNode gates) {
    SortedSet<String> metrics = new TreeSet<>();
    boolean changes = false;
    for (JsonNode stage : stages) {
      metrics.addAll(measuredBy(stage));
      changes |= stage.has(PRUNE);
    }
    for (int i = 0; i < gates.size() && !metrics.isEmpty(); i++) {
      measured("/spec/gates/" + i, gates.get(i), metrics, changes);
    }
  }

  private static Set<String> measuredBy(JsonNode stage) {
    if (OF_TEXT.contains(stage.path(PRUNE).path("algorithm").asText())) {
      return new HashSet<>(MEASURED_OF_TEXT);
    }
    Set<String> metrics =
        new HashSet<>(stage.has(PRUNE) || stage.has(EVALUATE) ? MEASURED : Set.of());
    if (stage.has(EVALUATE)) { // of images or of text: the policy need not say
      metrics.addAll(MEASURED_OF_TEXT);
      metrics.remove("similarity"); // of two models
    }
    if (stage.has(PRUNE)) {
      metrics.add("agreement");
    } else if (isZero(stage.path(EVALUATE).path("latencyRepetitions"))) {
      metrics.remove(LATENCY);
    }
    return metrics;
  }

  private static boolean isZero(JsonNode number) {
    return number.isNumber() && number.asDouble() == 0;
  }

  private void measured(String pointer, JsonNode gate, Set<String> metrics, boolean changes) {
    Optional<String> rule = BOUNDS.stream().filter(gate::has).findFirst();
    if (rule.isEmpty()) {
      return;
    }
    String metric = IMPLIED.getOrDefault(rule.get(), gate.path("metric").textValue());
    if (metric != null && !metric.isEmpty() && !metrics.contains(metric)) {
      problem(
          pointer + (gate.has("metric") ? "/metric" : ""),
          "no stage measures '%s'; gates can be on %s"
              .formatted(metric, String.join(", ", metrics)));
    } else if (!changes && !OF_RESULT.contains(rule.get())) {
      problem(
          pointer + "/" + rule.get(),
          "compares with the model before, but no stage changes the model; use threshold");
    }
  }

  private void gate(String pointer, String metric, String rule, JsonNode bound, Set<String> seen) {
    String implied = IMPLIED.getOrDefault(rule, metric);
    if (!metric.equals(implied)) {
      problem(
          pointer + "/metric",
          "%s looks at '%s' and nothing else; found '%s'".formatted(rule, implied, metric));
    }
    boolean fraction = rule.equals("maxDegradation") || rule.equals("threshold");
    if (metric.equals(ACCURACY) && fraction && beyond(rule, bound.asDouble())) {
      problem(
          pointer + "/" + rule,
          "accuracy is a fraction, so this must be between 0 and 1; found %s".formatted(bound));
    }
    if (!seen.add(metric + " " + rule)) {
      problem(pointer, "there is another gate with %s for '%s'".formatted(rule, metric));
    }
  }

  /** Below 0 is for the schema to refuse where no metric allows it. */
  private static boolean beyond(String rule, double bound) {
    return bound > 1 || (bound < 0 && rule.equals("threshold"));
  }

  private void problem(String pointer, String message) {
    problems.add(document.problem(pointer, message));
  }
}
