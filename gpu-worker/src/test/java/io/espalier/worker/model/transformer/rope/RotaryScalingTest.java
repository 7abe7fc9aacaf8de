package io.espalier.worker.model.transformer.rope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.model.Configs;
import io.espalier.worker.model.family.ConfigReader;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Angles of positions against those of transformers' own functions. */
final class RotaryScalingTest {
  private static final int SIZE = 16;
  private static final int POSITIONS = 64;
  private static final double BASE = 10_000;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "default",
        "linear",
        "dynamic-within",
        "dynamic-at",
        "dynamic-beyond",
        "llama3",
        "yarn",
        "yarn-length-of-config",
        "yarn-attention-factor",
        "yarn-mscale",
        "yarn-untruncated",
        "longrope-within",
        "longrope-beyond",
        "longrope-factor"
      })
  void angles_are_those_of_transformers(String name) throws IOException {
    JsonNode wanted = cases().path(name);

    RotaryScaling scaling = read(wanted.path("config"));

    float[] found = scaling.frequencies(SIZE / 2, wanted.path("tokens").asInt());
    JsonNode frequencies = wanted.path("frequencies");
    assertThat(frequencies).hasSize(found.length);
    for (int i = 0; i < found.length; i++) {
      double expected = frequencies.path(i).asDouble();
      assertThat((double) found[i]).as("pair %d", i).isCloseTo(expected, within(5e-7 * expected));
    }
    assertThat(scaling.amplitude()).isCloseTo(wanted.path("amplitude").asDouble(), within(1e-12));
  }

  @Test
  void a_newer_config_says_the_same_in_one_place() throws IOException {
    JsonNode wanted = cases().path("llama3");
    var newer = (ObjectNode) Configs.json("{}");
    ObjectNode parameters = wanted.path("config").path("rope_scaling").deepCopy();
    newer.set("rope_parameters", parameters.put("rope_theta", 500.0));

    assertThat(read(newer)).isEqualTo(read(wanted.path("config")));
  }

  @Test
  void an_older_config_calls_the_kind_a_type() {
    JsonNode older = Configs.json("{'rope_scaling': {'type': 'linear', 'factor': 2}}");

    assertThat(read(older)).isEqualTo(new RotaryScaling.Linear(BASE, 2));
  }

  @Test
  void scaling_lengthens_what_a_model_reads_where_the_config_says_the_original_length() {
    JsonNode dynamic = Configs.json("{'rope_scaling': {'rope_type': 'dynamic', 'factor': 2.5}}");
    JsonNode linear = Configs.json("{'rope_scaling': {'rope_type': 'linear', 'factor': 2.5}}");

    JsonNode yarn = Configs.json("{'rope_scaling': {'rope_type': 'yarn', 'factor': 2.5}}");
    JsonNode longer =
        Configs.json(
            "{'rope_scaling': {'rope_type': 'yarn', 'factor': 2.5,"
                + " 'original_max_position_embeddings': 16}}");

    assertThat(read(dynamic).positions(POSITIONS)).isEqualTo(160);
    assertThat(read(linear).positions(POSITIONS)).isEqualTo(160);
    assertThat(read(yarn).positions(POSITIONS)).isEqualTo(160);
    assertThat(read(longer).positions(POSITIONS)).isEqualTo(64);
  }

  private static RotaryScaling read(JsonNode json) {
    var problems = new ArrayList<String>();
    var config = new ConfigReader(json, problems);
    RotaryScaling scaling =
        new RotaryConfig(config, BASE, true).rotation(SIZE, POSITIONS).scaling();
    assertThat(problems).isEmpty();
    return scaling;
  }

  private static JsonNode cases() throws IOException {
    return new ObjectMapper()
        .readTree(Golden.of("rotary").directory().resolve("rotary.json").toFile());
  }
}
