package io.espalier.worker.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.prune.FileCosts;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Cases of Gemma's configs. */
final class GemmaTest {
  private static final double TOLERANCE = 2e-5;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path own;

  private static ObjectNode config(String golden, String change) {
    ObjectNode config = (ObjectNode) Golden.of(golden).config().deepCopy();
    try {
      for (var each : JSON.readTree(change).properties()) {
        if (each.getValue().asText().equals("REMOVED")) {
          config.remove(each.getKey());
        } else {
          config.set(each.getKey(), each.getValue());
        }
      }
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(change, e);
    }
    return config;
  }

  /** Requires the golden's scores by another config. */
  private static void requireSameScores(String name, JsonNode config) {
    Golden golden = Golden.of(name);
    TextNetwork network = Families.text(config).network(config);
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Weights weights = golden.weights(manager);
      NDArray scores = network.forward(weights, golden.tokens(manager), ForwardHooks.NONE);
      Golden.assertClose(scores, golden.read("expected", "logits"), TOLERANCE);
    }
  }

  /** As the first published configs are written, and as transformers 5 writes them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gemma2 | {\"layer_types\": \"REMOVED\"}",
        "gemma2 | {\"rope_theta\": \"REMOVED\", \"rope_parameters\": {\"rope_theta\": 10000.0,"
            + " \"rope_type\": \"default\"}}",
        "gemma3 | {\"rope_theta\": \"REMOVED\", \"rope_local_base_freq\": \"REMOVED\","
            + " \"rope_scaling\": \"REMOVED\", \"rope_parameters\": {\"full_attention\":"
            + " {\"rope_type\": \"linear\", \"factor\": 4.0, \"rope_theta\": 5000.0},"
            + " \"sliding_attention\": {\"rope_type\": \"default\", \"rope_theta\": 100.0}}}"
      })
  void the_same_model_is_written_in_several_ways(String name, String change) {
    requireSameScores(name, config(name, change));
  }

  @ParameterizedTest
  @CsvSource({"REMOVED, sssss.ss", "2, s.s.s.s", "3, ss.ss.s"})
  void where_no_types_are_listed_every_so_many_th_layer_sees_everything(
      String every, String expected) {
    ObjectNode config =
        config(
            "gemma3",
            "{\"layer_types\": \"REMOVED\", \"num_hidden_layers\": %d, \"sliding_window_pattern\": %s}"
                .formatted(expected.length(), every.equals("REMOVED") ? "\"REMOVED\"" : every));

    var types = ((LayeredNetwork) Families.text(config).network(config)).layerTypes().orElseThrow();

    var letters = new StringBuilder();
    types.forEach(type -> letters.append(type.equals("full_attention") ? '.' : 's'));
    assertThat(letters).hasToString(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gemma2", "gemma3"})
  void parameters_are_counted_as_transformers_counts_them(String name) {
    TextModel model = TextModel.of(Golden.of(name).model());
    long wanted = Golden.of(name).read("expected", "parameters").bytes().getLong();

    long found =
        FileCosts.whole(FileCosts.of(model.architecture(), model.directory()), model.directory())
            .parameters();

    assertThat(found).isEqualTo(wanted);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"use_bidirectional_attention\": true} | use_bidirectional_attention must be false",
        "{\"sliding_window\": null} | sliding_window must be a number of tokens",
        "{\"layer_types\": [\"full_attention\"]} | layer_types must be",
        "{\"layer_types\": [\"full_attention\", \"chunked_attention\", \"full_attention\","
            + " \"full_attention\"]} | layer_types must be",
        "{\"query_pre_attn_scalar\": 0} | query_pre_attn_scalar must be a number",
        "{\"attn_logit_softcapping\": -1} | attn_logit_softcapping must be a number",
        "{\"rope_scaling\": null, \"rope_parameters\": {\"rope_type\": \"default\"}} |"
            + " rope_parameters must have one part",
        "{\"rope_parameters\": {\"full_attention\": {\"rope_type\": \"default\"}}} | exclude each"
            + " other",
        "{\"rope_local_base_freq\": 0} | sliding_attention: rope_theta must be a number",
        "{\"model_type\": \"gemma3\"} | only its text part"
      })
  void what_would_change_the_numbers_and_is_not_computed_is_refused(String change, String why) {
    ObjectNode config = config("gemma3", change);

    assertThatThrownBy(() -> Families.text(config).network(config))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(why);
  }

  @Test
  void a_config_without_types_opens_from_files() throws IOException {
    Path directory = own.resolve("model");
    Files.createDirectory(directory);
    Files.copy(
        Golden.of("gemma2").directory().resolve("model.safetensors"),
        directory.resolve("model.safetensors"));
    Files.writeString(
        directory.resolve("config.json"),
        config("gemma2", "{\"layer_types\": \"REMOVED\"}").toString());

    TextModel model = TextModel.of(ModelDirectory.open(directory));

    assertThat(model.family().name()).isEqualTo("gemma");
    assertThat(model.family().loadsIn(model.directory().config())).contains("transformers");
  }
}
