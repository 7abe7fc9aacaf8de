package io.espalier.worker.algorithm.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizedFilesTest {
  private static final String LAYER = "bert.encoder.layer.0.intermediate.dense."; // 64 x 32

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "INT8 | 0 | true | weight I8[64, 32], weight_scale F32[64, 1]",
        "INT8 | 0 | false | weight I8[64, 32], weight_scale F32[64, 1], weight_zero_point I8[64,"
            + " 1]",
        "FP8 | 0 | true | weight F8_E4M3[64, 32], weight_scale F32[64, 1]",
        "INT8_WEIGHT_ONLY | 0 | true | weight_packed I32[64, 8], weight_scale F32[64, 1],"
            + " weight_shape I64[2]",
        "INT4 | 32 | false | weight_packed I32[64, 4], weight_scale F32[64, 1], weight_shape"
            + " I64[2], weight_zero_point I32[8, 1]",
        "INT4 | 16 | true | weight_packed I32[64, 4], weight_scale F32[64, 2], weight_shape I64[2]",
      })
  void tensors_have_the_names_types_and_shapes_of_compressed_tensors(
      QuantizationFormat format, int group, boolean symmetric, String tensors) {
    ModelDirectory quantized =
        write("bert-qa", new WeightScheme(format, group, symmetric), folder.resolve("out"));

    assertThat(
            quantized.tensors().values().stream()
                .filter(tensor -> tensor.name().startsWith(LAYER))
                .filter(tensor -> !tensor.name().equals(LAYER + "bias"))
                .map(tensor -> tensor.toString().substring(LAYER.length())))
        .containsExactly(tensors.split(", (?=w)"));
  }

  @Test
  void what_stays_keeps_its_bytes_and_every_run_writes_the_same() throws IOException {
    var scheme = new WeightScheme(QuantizationFormat.INT4, 32, false);

    ModelDirectory one = write("bert-qa", scheme, folder.resolve("one"));
    write("bert-qa", scheme, folder.resolve("other"));

    ModelDirectory original = Golden.of("bert-qa").model();
    for (String name :
        new String[] {"qa_outputs.weight", "bert.embeddings.word_embeddings.weight"}) {
      assertThat(one.read(name).bytes()).isEqualTo(original.read(name).bytes());
    }
    for (String file : new String[] {"model.safetensors", "config.json"}) {
      assertThat(folder.resolve("one").resolve(file))
          .hasSameBinaryContentAs(folder.resolve("other").resolve(file));
    }
  }

  @Test
  void config_says_what_loaders_must_know() {
    JsonNode config =
        write("llama", WeightScheme.perChannel(QuantizationFormat.FP8, true), folder.resolve("out"))
            .config()
            .path("quantization_config");

    assertThat(config.path("quant_method").asText()).isEqualTo("compressed-tensors");
    assertThat(config.path("format").asText()).isEqualTo("float-quantized");
    assertThat(config.path("quantization_status").asText()).isEqualTo("compressed");
    assertThat(config.path("ignore")).extracting(JsonNode::asText).containsExactly("lm_head");
    JsonNode group = config.path("config_groups").path("group_0");
    assertThat(group.path("targets")).extracting(JsonNode::asText).containsExactly("Linear");
    assertThat(group.path("weights").toString())
        .isEqualTo(
            "{\"num_bits\":8,\"type\":\"float\",\"symmetric\":true,\"dynamic\":false,"
                + "\"strategy\":\"channel\",\"group_size\":null}");
    assertThat(group.path("input_activations").toString())
        .isEqualTo(
            "{\"num_bits\":8,\"type\":\"float\",\"symmetric\":true,\"dynamic\":true,"
                + "\"strategy\":\"token\",\"group_size\":null}");
  }

  @Test
  void files_of_a_sharded_model_hold_the_same_tensors_and_an_index_of_them() {
    KnownModel whole = KnownModel.of(Golden.of("llama").model());
    Path shards = folder.resolve("shards");
    Surgery.cut(whole.directory(), whole.architecture(), Kept.all(), Sharding.upTo(60_000), shards);
    WeightScheme scheme = WeightScheme.perChannel(QuantizationFormat.INT8_WEIGHT_ONLY, true);

    ModelDirectory single = write("llama", scheme, folder.resolve("single"));
    KnownModel sharded = KnownModel.of(ModelDirectory.open(shards));
    QuantizedFiles.write(
        QuantizationPlan.of(sharded, scheme, ModulePatterns.NONE),
        folder.resolve("out"),
        Progress.Listener.NONE);

    ModelDirectory out = ModelDirectory.open(folder.resolve("out"));
    assertThat(out.shards()).hasSizeGreaterThan(2);
    assertThat(out.tensors()).isEqualTo(single.tensors());
    out.tensors()
        .keySet()
        .forEach(name -> assertThat(out.read(name).bytes()).isEqualTo(single.read(name).bytes()));
  }

  @Test
  void the_error_is_that_of_what_is_read_back() {
    KnownModel model = KnownModel.of(Golden.of("llama").model());
    WeightScheme scheme = WeightScheme.perChannel(QuantizationFormat.INT8, true);

    Map<String, LayerError> errors =
        QuantizedFiles.write(
            QuantizationPlan.of(model, scheme, ModulePatterns.NONE),
            folder.resolve("out"),
            Progress.Listener.NONE);

    ModelDirectory out = ModelDirectory.open(folder.resolve("out"));
    String layer = "model.layers.0.mlp.up_proj";
    ByteBuffer before = model.directory().read(layer + ".weight").bytes();
    ByteBuffer codes = out.read(layer + ".weight").bytes();
    ByteBuffer scales = out.read(layer + ".weight_scale").bytes();
    double squares = 0;
    double lost = 0;
    for (int row = 0; row < 96; row++) {
      float scale = scales.getFloat();
      for (int i = 0; i < 48; i++) {
        float weight = before.getFloat();
        double error = weight - codes.get() * scale;
        squares += (double) weight * weight;
        lost += error * error;
      }
    }
    assertThat(errors.get(layer).relative()).isCloseTo(Math.sqrt(lost / squares), within(1e-12));
    assertThat(errors.get(layer).relative()).isBetween(0.001, 0.01);
  }

  @ParameterizedTest
  @CsvSource({"llama, model.layers.0.mlp.up_proj.weight", "llama, model.norm.weight"})
  void numbers_that_are_not_finite_are_refused_with_their_place(String model, String tensor)
      throws IOException {
    Path broken = broken(model, tensor, 5, Float.NaN);

    assertThatThrownBy(
            () ->
                QuantizedFiles.write(
                    QuantizationPlan.of(
                        KnownModel.of(ModelDirectory.open(broken)),
                        WeightScheme.perChannel(QuantizationFormat.INT8, true),
                        ModulePatterns.NONE),
                    folder.resolve("out"),
                    Progress.Listener.NONE))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("tensor '" + tensor + "' has NaN at [")
        .hasMessageContaining("5]");
  }

  @Test
  void weights_whose_range_overflows_are_refused() throws IOException {
    Path broken = broken("llama", "model.layers.0.mlp.up_proj.weight", 7, -Float.MAX_VALUE);

    assertThatThrownBy(
            () ->
                QuantizedFiles.write(
                    QuantizationPlan.of(
                        KnownModel.of(ModelDirectory.open(broken)),
                        WeightScheme.perChannel(QuantizationFormat.INT8, true),
                        ModulePatterns.NONE),
                    folder.resolve("out"),
                    Progress.Listener.NONE))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("model.layers.0.mlp.up_proj.weight")
        .hasMessageContaining("would overflow");
  }

  private Path broken(String model, String tensor, int element, float value) throws IOException {
    Path directory = folder.resolve("broken");
    Files.createDirectories(directory);
    Path from = Golden.of(model).directory();
    Files.copy(from.resolve("config.json"), directory.resolve("config.json"));
    byte[] bytes = Files.readAllBytes(from.resolve("model.safetensors"));
    var file = Golden.of(model).model().holder(tensor);
    long start = file.header().dataStart() + file.place(tensor).offset();
    ByteBuffer.wrap(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putFloat((int) start + element * Float.BYTES, value);
    Files.write(directory.resolve("model.safetensors"), bytes);
    return directory;
  }

  private static ModelDirectory write(String model, WeightScheme scheme, Path to) {
    QuantizedFiles.write(
        QuantizationPlan.of(KnownModel.of(Golden.of(model).model()), scheme, ModulePatterns.NONE),
        to,
        Progress.Listener.NONE);
    return ModelDirectory.open(to);
  }
}
