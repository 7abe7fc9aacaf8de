package io.espalier.worker.stage.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.stage.TextModels;
import io.espalier.worker.stage.job.Stages;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Small Llamas of random weights in fewer bits. */
class QuantizeStageTest {
  private static final Map<String, URI> NO_DATA = Map.of();

  private final QuantizeStage stage = new QuantizeStage();

  @TempDir Path folder;
  private Path model;
  private URI texts;

  @BeforeEach
  void a_model_and_texts() throws IOException {
    model =
        TextModels.write(
            folder.resolve("model"),
            TextModels.LLAMA.formatted("llama", "LlamaForCausalLM", ""),
            Golden.of("scores/squad-windows").directory().resolve("tokenizer.json"),
            3);
    texts = Files.writeString(folder.resolve("words.txt"), TextModels.words(40, 5)).toUri();
  }

  @ParameterizedTest
  @CsvSource({
    "int8, 0.02, 8.5",
    "int8-weight-only, 0.02, 8.6",
    "int4, 0.15, 5.5",
    "fp8, 0.04, 8.5",
  })
  void a_model_in_fewer_bits_is_smaller_and_says_almost_the_same(
      String format, double error, double bits) throws IOException {
    String spec =
        "{\"format\": \"%s\"%s, \"maxLength\": 32}"
            .formatted(format, format.equals("int4") ? ", \"group\": 32" : "");
    StageJob job = job(model, spec, Map.of("eval", texts), "out");

    stage.check(job);
    StageReport report = stage.run(job, Progress.Listener.NONE);

    assertThat(stage.metrics(job))
        .containsExactlyInAnyOrderElementsOf(report.metrics().stream().map(Metric::name).toList());
    Metric bytes = metric(report, "bytes");
    assertThat(bytes.before().orElseThrow())
        .isEqualTo((double) Files.size(model.resolve("model.safetensors")));
    assertThat(bytes.after().orElseThrow())
        .isEqualTo((double) Files.size(job.output().resolve("model.safetensors")))
        .isLessThan(bytes.before().getAsDouble() / 2);
    assertThat(metric(report, "weightError").after().orElseThrow()).isBetween(0.001, error);
    assertThat(metric(report, "bitsPerParameter").before()).hasValue(32);
    Metric loss = metric(report, "loss");
    assertThat(loss.after().orElseThrow()).isCloseTo(loss.before().orElseThrow(), within(0.2));
    assertThat(loss.after()).isNotEqualTo(loss.before());
    JsonNode layer = json(job, "espalier.json").at("/stages/0/modules/0");
    assertThat(layer.path("module").asText()).isEqualTo("model.layers.0.self_attn.q_proj");
    assertThat(layer.path("bits").asDouble()).isBetween(4.0, bits);
    assertThat(layer.path("error").asDouble()).isBetween(0.001, error);
  }

  @Test
  void what_comes_out_says_how_it_was_made_and_who_opens_it() throws IOException {
    StageJob job = job(model, "{\"format\": \"int8\", \"target\": \"vllm\"}", NO_DATA, "out");

    StageReport report = stage.run(job, Progress.Listener.NONE);

    assertThat(report.loadsIn()).containsExactly("safetensors", "transformers", "vllm");
    assertThat(report.change())
        .containsEntry("format", "int8")
        .containsEntry("layers", "28 quantized, 1 as they were")
        .containsEntry("kept", "1: stands behind the layers");
    assertThat(report.change().get("simulated")).contains("no data of role eval");
    JsonNode made = json(job, "espalier.json");
    assertThat(made.path("opening").asText())
        .contains("LlamaForCausalLM.from_pretrained(\"DIR\", dtype=\"auto\")");
    assertThat(made.at("/shapes/model.layers.0.mlp.up_proj.weight_scale").toString())
        .isEqualTo("[128,1]");
    assertThat(made.at("/stages/0/modules/28/reason").asText())
        .isEqualTo("stands behind the layers");
    assertThat(job.output().resolve("README.md"))
        .content()
        .contains("# LlamaForCausalLM, quantized", "- quantized", "- compressed-tensors");
    assertThat(job.output().resolve("report.html")).content().contains(", quantized", "why not");
    assertThat(json(job, "report.json").path("modules")).hasSize(29);
    assertThat(job.output().resolve("tokenizer.json"))
        .hasSameBinaryContentAs(model.resolve("tokenizer.json"));
  }

  @Test
  void the_same_job_leaves_the_same_bytes() throws IOException {
    String spec = "{\"format\": \"int4\", \"group\": 32, \"symmetric\": false, \"maxLength\": 32}";
    StageJob one = job(model, spec, Map.of("eval", texts), "one");
    StageJob other = job(model, spec, Map.of("eval", texts), "other");

    stage.run(one, Progress.Listener.NONE);
    stage.run(other, Progress.Listener.NONE);

    for (String file : new String[] {"model.safetensors", "config.json", "espalier.json"}) {
      assertThat(one.output().resolve(file)).hasSameBinaryContentAs(other.output().resolve(file));
    }
  }

  @Test
  void what_is_quantized_already_is_refused() throws IOException {
    StageJob first = job(model, "{\"format\": \"int8\"}", NO_DATA, "out");
    stage.run(first, Progress.Listener.NONE);

    StageJob again = job(first.output(), "{\"format\": \"int8\"}", NO_DATA, "again");

    assertThatThrownBy(() -> stage.check(again))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("quantization_config of compressed-tensors")
        .hasMessageContaining("quantized already");
  }

  @Test
  void what_no_loader_opens_as_it_is_is_refused() throws IOException {
    Path uneven = folder.resolve("uneven");
    Files.createDirectories(uneven);
    for (String file : new String[] {"model.safetensors", "tokenizer.json", "config.json"}) {
      Files.copy(model.resolve(file), uneven.resolve(file));
    }
    Files.writeString(
        uneven.resolve("espalier.json"), "{\"loadsIn\": [\"espalier\", \"safetensors\"]}");

    assertThatThrownBy(() -> stage.check(job(uneven, "{\"format\": \"int8\"}", NO_DATA, "out")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("quantize.target: transformers opens")
        .hasMessageContaining("[espalier, safetensors]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | quantize.format: wanted one of [int8, int8-weight-only, int4, fp8], found nothing",
        "{'format': 'fp8', 'symmetric': false} | quantize.symmetric: format: fp8 has no zero"
            + " points",
        "{'format': 'int8', 'group': 32} | quantize.group: goes with format: int4 alone",
        "{'format': 'int8', 'ignore': ['re:(']} | quantize.ignore: wanted a name or re:",
        "{'format': 'int4'} | quantize.group: 'model.layers.0.self_attn.q_proj' reads 64 inputs",
        "{'format': 'int4', 'group': 64, 'ignore': ['head']} | quantize.ignore: no linear layer is"
            + " called 'head'",
      })
  void settings_that_make_no_sense_are_refused(String spec, String words) {
    assertThatThrownBy(() -> stage.check(job(model, spec.replace('\'', '"'), NO_DATA, "out")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(words);
  }

  @Test
  void workers_know_the_kind() {
    assertThat(Stages.standard().of(StageKind.QUANTIZE)).isInstanceOf(QuantizeStage.class);
  }

  private StageJob job(Path input, String spec, Map<String, URI> data, String output)
      throws IOException {
    return new StageJob(
        "run",
        0,
        1,
        StageKind.QUANTIZE,
        spec,
        ModelDirectory.open(input).path(),
        Files.createDirectories(folder.resolve(output)),
        folder.resolve("checkpoints"),
        data,
        7);
  }

  private static Metric metric(StageReport report, String name) {
    return report.metrics().stream()
        .filter(metric -> metric.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static JsonNode json(StageJob job, String file) throws IOException {
    return new ObjectMapper().readTree(job.output().resolve(file).toFile());
  }
}
