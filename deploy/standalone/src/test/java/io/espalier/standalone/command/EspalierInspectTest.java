package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.model.Families;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EspalierInspectTest {
  @TempDir private static Path directory;
  private static String model = "";

  @BeforeAll
  static void write_a_model() {
    model = directory.resolve("model").toString();
    assertThat(espalier("zoo", "model", "cifar_resnet20", model, "--random").code()).isZero();
  }

  private static JsonNode named(JsonNode list, String name) {
    return StreamSupport.stream(list.spliterator(), false)
        .filter(node -> node.path("name").asText().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void every_layer_says_what_it_writes_and_why_it_cannot_be_cut() throws IOException {
    Ran run = espalier("inspect", model, "--channel-divisor", "16", "-o", "json");

    JsonNode layers = run.json().path("layers");
    assertThat(layers).hasSize(20);
    JsonNode free = named(layers, "layer3.1.conv1");
    assertThat(free.fieldNames())
        .toIterable()
        .containsExactly("name", "weight", "shape", "axis", "prunable");
    assertThat(free.path("weight").asText()).isEqualTo("layer3.1.conv1.weight");
    assertThat(free.path("shape").toString()).isEqualTo("[64,64,3,3]");
    assertThat(free.path("axis").asText()).isEqualTo("layer3.1.conv1.out");
    assertThat(free.path("prunable").asBoolean()).isTrue();
    assertThat(named(layers, "layer1.0.conv1").path("reason").asText())
        .isEqualTo("its 16 units leave no smaller multiple of the channel divisor 16");
    assertThat(named(layers, "layer2.0.conv2").path("reason").asText())
        .contains("shortcut of layer3.0");
    assertThat(named(layers, "fc").path("reason").asText()).isEqualTo("one output per class");
  }

  @Test
  void every_axis_says_its_choices_and_how_many_tensors_lie_along_it() throws IOException {
    Ran run = espalier("inspect", model, "--channel-divisor", "16", "-o", "json");

    JsonNode free = named(run.json().path("axes"), "layer3.1.conv1.out");
    JsonNode fixed = named(run.json().path("axes"), "classes");
    assertThat(free.path("choices").toString()).isEqualTo("[16,32,48,64]");
    // conv1, five tensors of bn1 but its counter, and conv2
    assertThat(free.path("tensors").asInt()).isEqualTo(6);
    assertThat(fixed.path("prunable").asBoolean()).isFalse();
    assertThat(fixed.path("choices").toString()).isEqualTo("[10]");
  }

  @Test
  void the_divisor_decides_what_can_be_cut_and_is_32_unless_said() throws IOException {
    JsonNode usual = espalier("inspect", model, "-o", "json").json().path("axes");
    JsonNode fine =
        espalier("inspect", model, "--channel-divisor", "8", "-o", "json").json().path("axes");

    assertThat(named(usual, "layer3.1.conv1.out").path("choices").toString()).isEqualTo("[32,64]");
    assertThat(named(usual, "layer2.0.conv1.out").path("reason").asText())
        .isEqualTo("its 32 units leave no smaller multiple of the channel divisor 32");
    assertThat(named(fine, "layer1.0.conv1.out").path("choices").toString()).isEqualTo("[8,16]");
  }

  @Test
  void a_rule_leaves_layers_whole_and_a_later_one_takes_it_back() throws IOException {
    Ran run =
        espalier(
            "inspect",
            model,
            "--layer",
            "layer3.*=exclude",
            "--layer",
            "layer3.2.*=16",
            "-o",
            "json");

    JsonNode layers = run.json().path("layers");
    assertThat(named(layers, "layer3.1.conv1").path("reason").asText())
        .isEqualTo("excluded by the rule 'layer3.*'");
    assertThat(named(layers, "layer3.2.conv1").path("prunable").asBoolean()).isTrue();
  }

  @Test
  void the_tables_fit_a_terminal_and_say_each_reason_once() {
    Ran run = espalier("inspect", model, "--channel-divisor", "16");

    assertThat(run.out())
        .containsPattern("layer3\\.1\\.conv1 +64x64x3x3 +\\.out +16 to 64, 4 choices\n")
        .containsPattern("layer1\\.0\\.conv1 +16x16x3x3 +\\.out +no \\(2\\)\n")
        .containsPattern("layer3\\.1\\.conv1\\.out +64 +6 +16 to 64, 4 choices\n")
        .containsOnlyOnce("(2) its 16 units leave no smaller multiple of the channel divisor 16\n");
    assertThat(run.out().lines().filter(line -> !line.startsWith("directory")))
        .allMatch(line -> line.length() <= 120);
  }

  @Test
  void a_decoder_says_that_its_heads_go_in_groups() throws IOException {
    String config =
        """
        {"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "vocab_size": 20,
         "hidden_size": 8, "head_dim": 4, "num_attention_heads": 4, "num_key_value_heads": 2,
         "num_hidden_layers": 1, "intermediate_size": 64, "max_position_embeddings": 16}
        """;

    Ran run = espalier("inspect", zeros(config).toString(), "-o", "json");

    JsonNode axes = run.json().path("axes");
    assertThat(run.json().path("family").asText()).isEqualTo("llama");
    assertThat(named(axes, "model.layers.0.neurons").path("choices").toString())
        .isEqualTo("[32,64]");
    assertThat(named(axes, "model.layers.0.heads").path("reason").asText())
        .contains("heads and groups are cut together, by Minitron");
    assertThat(named(axes, "model.layers.0.groups").path("prunable").asBoolean()).isFalse();
  }

  /** A model of zeros. */
  private static Path zeros(String config) throws IOException {
    Path folder = Files.createDirectory(directory.resolve("decoder"));
    JsonNode json = new ObjectMapper().readTree(config);
    var tensors = new TreeMap<String, TensorData>();
    Families.of(json)
        .architecture(json, Map.of())
        .shapes()
        .forEach(
            (name, shape) -> {
              int size = (int) LongStream.of(shape).reduce(Float.BYTES, (a, b) -> a * b);
              tensors.put(name, new TensorData(DType.F32, shape, ByteBuffer.allocate(size)));
            });
    SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
    return Files.writeString(folder.resolve("config.json"), config).getParent();
  }

  @Test
  void a_rule_that_matches_nothing_ends_with_code_3() {
    Ran run = espalier("inspect", model, "--layer", "layer9.*=exclude");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("layer9.*", "matches none of the 20 layers");
  }
}
