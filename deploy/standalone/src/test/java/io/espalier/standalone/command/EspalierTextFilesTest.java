package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of messages on models that read text whose files can be meant in several ways. */
class EspalierTextFilesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;

  @Test
  void normalisations_of_models_that_read_text_are_counted() throws IOException {
    Path model = model("llama_tiny", "text-generation", config -> {});

    Ran table = espalier("inspect", model.toString());
    Ran json = espalier("inspect", model.toString(), "-o", "json");

    assertThat(table.out()).contains("parameters    ").doesNotContain("normalisations");
    assertThat(json.json().has("notCounted")).isFalse();
    assertThat(json.json().has("warnings")).isFalse();
  }

  @Test
  void a_config_that_versions_read_otherwise_is_warned_of() throws IOException {
    Path model = model("llama_tiny", "text-generation", config -> config.putNull("attention_bias"));

    Ran table = espalier("inspect", model.toString());
    Ran json = espalier("inspect", model.toString(), "-o", "json");

    assertThat(table.out())
        .contains("warning: config.json: attention_bias is null, which transformers 5 refuses");
    assertThat(json.json().path("warnings").path(0).asText()).contains("attention_bias is null");
  }

  @Test
  void labels_that_could_be_meant_otherwise_are_warned_of() throws IOException {
    Path model =
        model(
            "bert_tiny",
            "text-classification",
            config -> config.putObject("id2label").put("0", "1").put("1", "0"));
    Path data = directory.resolve("texts.jsonl");
    Files.writeString(data, "{\"text\": \"good\", \"label\": 1}\n");

    Ran run =
        espalier("evaluate", "--model", model.toString(), "--data", data.toString(), "-o", "json");

    assertThat(run.code()).isZero();
    assertThat(run.json().path("warnings").path(0).asText())
        .contains("texts.jsonl: label 1 is an integer, so it is taken for class number 1");
  }

  private Path model(String name, String task, Consumer<ObjectNode> change) throws IOException {
    Path model = directory.resolve("model");
    Ran made = espalier("zoo", "model", name, model.toString(), "--task", task, "--random");
    assertThat(made.code()).as(made.toString()).isZero();
    Path file = model.resolve("config.json");
    var config = (ObjectNode) JSON.readTree(file.toFile());
    change.accept(config);
    JSON.writeValue(file.toFile(), config);
    return model;
  }
}
