package io.espalier.schemas.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.schemas.stage.StageDeclarations;
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
 * Further rules for a document, which a JSON schema cannot say. Leaves alone what is of the wrong
 * type, since the schema has said so.
 */
final class PolicyRules {
  private static final String ACCURACY = "accuracy";
  private static final String LATENCY = "latencyMillis";
  private static final Map<String, String> IMPLIED =
      Map.of("minSpeedup", LATENCY, "maxBytes", "bytes");
  private static final List<String> BOUNDS =
      List.of("maxDegradation", "percentMaxDegradation", "threshold", "minSpeedup", "maxBytes");

  /** Rules that look at the result alone; the others compare it with what there was before. */
  private static final Set<String> OF_RESULT = Set.of("threshold", "maxBytes");

  private final Document document;
  private final StageDeclarations stages;
  private final List<PolicyProblem> problems = new ArrayList<>();

  private PolicyRules(Document document, StageDeclarations stages) {
    this.document = document;
    this.stages = stages;
  }

  static List<PolicyProblem> check(Document document, StageDeclarations stages) {
    var rules = new PolicyRules(document, stages);
    JsonNode spec = document.root().path("spec");
    spec.path("data")
        .properties()
        .forEach(role -> rules.data("/spec/data/" + role.getKey(), role.getValue()));
    new NameRules(rules::problem).check(spec.path("match"));
    rules.gates(spec.path("gates"));
    new StageRules(stages, rules::problem).check(spec.path("stages"));
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
  private void measured(JsonNode policy, JsonNode gates) {
    SortedSet<String> metrics = new TreeSet<>();
    boolean changes = false;
    for (JsonNode stage : policy) {
      for (Map.Entry<String, JsonNode> named : stage.properties()) {
        Optional<StageDeclaration> kind = stages.named(named.getKey());
        kind.ifPresent(known -> metrics.addAll(measuredBy(known, named.getValue())));
        changes |= kind.map(StageDeclaration::changesModel).orElse(false);
      }
    }
    for (int i = 0; i < gates.size() && !metrics.isEmpty(); i++) {
      measured("/spec/gates/" + i, gates.get(i), metrics, changes);
    }
  }

  /** Returns what names no variant that there is is wrong anyhow, and taken for the first. */
  private static Set<String> measuredBy(StageDeclaration kind, JsonNode spec) {
    StageDeclaration.Variant variant = kind.variant(spec).orElse(kind.variants().get(0));
    return variant.measures().apply(variant.table().read(spec).settings());
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
