package io.espalier.schemas.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.Gate;
import io.espalier.event.GateRule;
import io.espalier.event.PruningPolicy;
import io.espalier.event.StageKind;
import io.espalier.event.StageSpec;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Policies that were published, written as documents again. */
class PolicyDocumentTest {
  private static final String FULL =
      """
      {"apiVersion": "espalier.io/v1", "kind": "PruningPolicy", "metadata": {"name": "full"},
       "spec": {
         "match": {"task": "text-generation", "names": ["b-*", "a-?"], "families": ["llama"],
                   "labels": {"acme.io/tier": "edge", "version": "3"}},
         "data": {"calibration": "file:///a?split=train", "eval": "s3://bucket/b"},
         "stages": [
           {"prune": {"algorithm": "minitron", "maxWidthPruning": 0.4, "topK": 3,
                      "constraints": {"parameters": "70%", "latency": "1.5ms"}}},
           {"evaluate": {"samples": 7}}],
         "gates": [{"metric": "perplexity", "percentMaxDegradation": 12.5},
                   {"metric": "loss", "threshold": 2},
                   {"minSpeedup": 1.25}, {"maxBytes": 123456789}],
         "onGateFailure": "publish",
         "placement": {"pool": "gpu", "priority": -5},
         "retries": {"attempts": 1, "backoff": "90s"},
         "deadline": "36h", "queueTimeout": "1500ms", "seed": 42, "maxGeneration": 2}}
      """;

  private static final String USUAL =
      """
      {"apiVersion": "espalier.io/v1", "kind": "PruningPolicy", "metadata": {"name": "usual"},
       "spec": {
         "match": {},
         "stages": [{"prune": {"algorithm": "fastnas", "constraints": {"flops": 81102080}}}]}}
      """;

  /** Policy with the format's defaults; they need not be said, and are not. */
  private static final String SPELLED_OUT =
      USUAL.replace(
          "\"match\": {},",
          """
          "match": {}, "placement": {"pool": "default", "priority": 0},
          "retries": {"attempts": 3, "backoff": "30000ms"}, "deadline": "360m", "seed": 0,
          "onGateFailure": "reject", "maxGeneration": 0, "gates": [],\
          """);

  @ParameterizedTest
  @ValueSource(strings = {FULL, USUAL})
  void the_document_of_a_policy_is_what_was_written_and_says_the_same(String written)
      throws IOException {
    Policy policy = PolicyFile.parse("written.json", written).orThrow().get(0);

    JsonNode document = PolicyDocument.of(policy.toAvro(1));

    assertThat(document.toPrettyString())
        .isEqualTo(sorted(new ObjectMapper().readTree(written)).toPrettyString());
    PruningPolicy published = policy.toAvro(5);
    Policy again = PolicyFile.parse("again.json", document.toString()).orThrow().get(0);
    assertThat(again.says(published)).isTrue();
  }

  @Test
  void policies_that_say_the_same_are_the_same_document() {
    Policy spelledOut = PolicyFile.parse("spelled-out.json", SPELLED_OUT).orThrow().get(0);
    Policy usual = PolicyFile.parse("usual.json", USUAL).orThrow().get(0);

    assertThat(PolicyDocument.of(spelledOut.toAvro(1)))
        .isEqualTo(PolicyDocument.of(usual.toAvro(2)));
  }

  @Test
  void what_no_document_could_have_said_is_shown_as_it_is() {
    PruningPolicy foreign = PolicyFile.parse("usual.json", USUAL).orThrow().get(0).toAvro(1);
    foreign.setStages(List.of(new StageSpec(StageKind.PRUNE, "{broken", "")));
    foreign.setGates(List.of(new Gate("loss", GateRule.MIN_SPEEDUP, 2.0)));
    foreign.setBackoffMillis(0);

    JsonNode spec = PolicyDocument.of(foreign).path("spec");

    assertThat(spec.at("/stages/0/prune").asText()).isEqualTo("{broken");
    assertThat(spec.at("/gates/0/metric").asText()).isEqualTo("loss");
    assertThat(spec.at("/retries/backoff").asText()).isEqualTo("0ms");
  }

  /** Settings of stages come in the order of their names, for that is how they are published. */
  private static JsonNode sorted(JsonNode document) throws IOException {
    for (JsonNode stage : document.at("/spec/stages")) {
      var settings = (ObjectNode) stage.elements().next();
      JsonNode canonical = new ObjectMapper().readTree(CanonicalJson.of(settings));
      settings.removeAll();
      settings.setAll((ObjectNode) canonical);
    }
    return document;
  }
}
