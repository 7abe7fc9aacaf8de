package io.espalier.standalone.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.schemas.policy.PolicyFile;
import io.espalier.worker.domain.InvalidInputException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PolicyOptionsTest {
  @Test
  void options_become_a_policy_that_can_be_read_as_a_file() {
    var options =
        new PolicyOptions(
            "fastnas",
            Map.of("flops", "60%"),
            List.of("accuracy maxDegradation=0.02", "maxBytes=1000000"),
            Map.of("layers", "[{match: conv*, exclude: true}]"),
            Map.of("eval", "/data/shapes?split=test"));

    LocalPolicy policy = options.policy("resnet");

    String text = policy.text().orElseThrow();
    assertThat(text)
        .isEqualTo(
            """
            apiVersion: espalier.io/v1
            kind: PruningPolicy
            metadata:
              name: fastnas-flops-60pct
            spec:
              match:
                families:
                - resnet
              data:
                eval: file:///data/shapes?split=test
              stages:
              - prune:
                  algorithm: fastnas
                  constraints:
                    flops: 60%
                  layers:
                  - match: conv*
                    exclude: true
              gates:
              - metric: accuracy
                maxDegradation: 0.02
              - maxBytes: 1000000
            """);
    assertThat(PolicyFile.parse("again", text).orThrow().get(0).toAvro(1))
        .isEqualTo(policy.policy());
  }

  @Test
  void words_that_were_booleans_in_older_yaml_stay_words() {
    var options =
        new PolicyOptions(
            "fastnas", Map.of("flops", "60%"), List.of(), Map.of("reconstruct", "off"), Map.of());

    LocalPolicy policy = options.policy("resnet");

    assertThat(policy.policy().getStages().get(0).getSpec()).contains("\"reconstruct\":\"off\"");
    assertThat(PolicyFile.parse("again", policy.text().orElseThrow()).orThrow().get(0).toAvro(1))
        .isEqualTo(policy.policy());
  }

  @Test
  void a_dot_leads_into_a_key() {
    var options =
        new PolicyOptions(
            "minitron",
            Map.of(),
            List.of(),
            Map.of("export.num_layers", "4", "maxLength", "32"),
            Map.of());

    assertThat(options.policy("llama").policy().getStages().get(0).getSpec())
        .isEqualTo("{\"algorithm\":\"minitron\",\"export\":{\"num_layers\":4},\"maxLength\":32}");
  }

  @Test
  void every_problem_is_told_by_the_option_that_it_is_about() {
    var options =
        new PolicyOptions(
            "fastnas",
            Map.of("flops", "lots", "parms", "3"),
            List.of("accuracy maxDegradation=7"),
            Map.of("channelDivisor", "0"),
            Map.of("evil", "/data"));

    assertThatThrownBy(() -> options.policy("resnet"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("--constraint flops: must be a number above 0")
        .hasMessageContaining("--constraint parms: unknown field")
        .hasMessageContaining("--gate 'accuracy maxDegradation=7': accuracy is a fraction")
        .hasMessageContaining("--set channelDivisor: must be")
        .hasMessageContaining("--data evil: unknown field");
  }

  @Test
  void what_has_an_option_of_its_own_cannot_be_set_otherwise() {
    var options =
        new PolicyOptions(
            "fastnas", Map.of(), List.of(), Map.of("constraints.flops", "60%"), Map.of());

    assertThatThrownBy(() -> options.policy("resnet"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("--set constraints")
        .hasMessageContaining("--constraint");
  }

  @Test
  void a_gate_and_a_value_that_cannot_be_read_are_quoted() {
    var gate =
        new PolicyOptions(
            "fastnas", Map.of("flops", "60%"), List.of("accuracy > 0.9"), Map.of(), Map.of());
    var value =
        new PolicyOptions(
            "fastnas", Map.of("flops", "60%"), List.of(), Map.of("layers", "[{"), Map.of());

    assertThatThrownBy(() -> gate.policy("resnet"))
        .hasMessageContaining("METRIC RULE=BOUND")
        .hasMessageContaining("'accuracy > 0.9'");
    assertThatThrownBy(() -> value.policy("resnet"))
        .hasMessageContaining("--set layers")
        .hasMessageContaining("'[{'");
  }
}
