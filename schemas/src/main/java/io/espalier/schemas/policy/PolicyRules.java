package io.espalier.schemas.policy;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a document must also keep to, and a JSON schema cannot say. Leaves alone what is of the
 * wrong type, since the schema has said so.
 */
final class PolicyRules {
  private static final String ACCURACY = "accuracy";
  private static final Map<String, String> IMPLIED =
      Map.of("minSpeedup", "latencyMillis", "maxBytes", "bytes");
  private static final List<String> BOUNDS =
      List.of("maxDegradation", "percentMaxDegradation", "threshold", "minSpeedup", "maxBytes");

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
    rules.gates(spec.path("gates"));
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
