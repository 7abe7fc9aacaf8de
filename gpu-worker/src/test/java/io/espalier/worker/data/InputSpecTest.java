package io.espalier.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.InvalidInputException;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class InputSpecTest {
  @Test
  void what_a_config_says_is_taken() throws JsonProcessingException {
    JsonNode config =
        json(
            """
            {"num_classes": 12, "pretrained_cfg": {"input_size": [3, 64, 48],
             "mean": [0.5, 0.4, 0.3], "std": [0.1, 0.2, 0.3], "num_classes": 1000}}
            """);

    InputSpec spec = InputSpec.of(config, InputSpec.CIFAR);

    assertThat(spec)
        .isEqualTo(
            new InputSpec(
                OptionalInt.of(12),
                3,
                64,
                48,
                new Normalization(List.of(0.5, 0.4, 0.3), List.of(0.1, 0.2, 0.3))));
  }

  @Test
  void what_a_config_leaves_out_is_as_in_cifar() throws JsonProcessingException {
    assertThat(
            InputSpec.of(
                json("{\"architecture\": \"x\", \"pretrained_cfg\": {\"mean\": null}}"),
                InputSpec.CIFAR))
        .isEqualTo(InputSpec.CIFAR);
  }

  @Test
  void every_problem_is_named() throws JsonProcessingException {
    JsonNode config =
        json(
            """
            {"num_classes": 0, "input_size": [3, -1, 32], "mean": [0.5], "std": [0.1, 0, 0.1]}
            """);

    var refusal =
        catchThrowableOfType(
            InvalidInputException.class, () -> InputSpec.of(config, InputSpec.CIFAR));

    assertThat(refusal.problems()).hasSize(4);
    assertThat(refusal)
        .hasMessageContaining("num_classes")
        .hasMessageContaining("input_size")
        .hasMessageContaining("mean")
        .hasMessageContaining("std");
  }

  private static JsonNode json(String text) throws JsonProcessingException {
    return new ObjectMapper().readTree(text);
  }
}
