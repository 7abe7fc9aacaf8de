package io.espalier.schemas.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.schemas.Name;
import java.util.Map;
import java.util.function.BiConsumer;

/** Check that a policy selects by text that a model can have: one rule for both, {@link Name}. */
final class NameRules {
  private final BiConsumer<String, String> problem;

  /** Rules that tell where something is wrong, and what. */
  NameRules(BiConsumer<String, String> problem) {
    this.problem = problem;
  }

  void check(JsonNode match) {
    text("/spec/match/task", "a task", match.path("task"));
    patterns("/spec/match/names", match.path("names"));
    texts("/spec/match/families", "a family", match.path("families"));
    for (Map.Entry<String, JsonNode> label : match.path("labels").properties()) {
      String pointer = "/spec/match/labels";
      Name.pathProblem("a label's name", label.getKey())
          .ifPresent(wrong -> problem.accept(pointer, wrong));
      text(pointer, "the value of a label", label.getValue());
    }
  }

  private void patterns(String pointer, JsonNode patterns) {
    for (int i = 0; i < patterns.size(); i++) {
      if (patterns.get(i).isTextual()) {
        String at = pointer + "/" + i;
        Name.patternProblem("a name", patterns.get(i).asText())
            .ifPresent(wrong -> problem.accept(at, wrong));
      }
    }
  }

  private void texts(String pointer, String what, JsonNode texts) {
    for (int i = 0; i < texts.size(); i++) {
      text(pointer + "/" + i, what, texts.get(i));
    }
  }

  private void text(String pointer, String what, JsonNode text) {
    if (text.isTextual()) {
      Name.textProblem(what, text.asText()).ifPresent(wrong -> problem.accept(pointer, wrong));
    }
  }
}
