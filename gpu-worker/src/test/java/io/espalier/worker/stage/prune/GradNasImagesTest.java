package io.espalier.worker.stage.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.ImageTransformerModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.transformer.Masks;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Transformers that read images, pruned by GradNAS. {@code integration-tests/open_vit.py} opens
 * such results in transformers and timm.
 */
final class GradNasImagesTest {
  private static final String SPEC =
      "{\"algorithm\":\"gradnas\",\"constraints\":{\"flops\":\"%s\"},\"neuronDivisor\":4,"
          + "\"batches\":2,\"batchSize\":3%s}";
  private static final String PLAIN = ",\"reconstruct\":\"off\"";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final PruneStage stage = new PruneStage();
  private final List<Progress> heard = new ArrayList<>();

  @TempDir private Path own;

  @BeforeEach
  void sort_images_into_directories() throws IOException {
    Path golden = Golden.of("images").directory();
    JsonNode expected = JSON.readTree(golden.resolve("evaluated.json").toFile());
    for (Map.Entry<String, JsonNode> folder : expected.get("directories").properties()) {
      Path to = Files.createDirectories(own.resolve("data").resolve(folder.getKey()));
      for (JsonNode file : folder.getValue()) {
        Files.copy(golden.resolve("files").resolve(file.asText()), to.resolve(file.asText()));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"vit, transformers", "deit, transformers", "timm-vit, timm"})
  void equal_layers_open_in_the_library_that_the_model_comes_from(String name, String library)
      throws IOException {
    StageJob job = job(name, "80%", "");

    stage.check(job);
    StageReport report = stage.run(job, heard::add);

    assertThat(report.change()).containsEntry("output", "uniform").doesNotContainKey("tokens");
    assertThat(report.loadsIn()).containsExactly("espalier", "safetensors", library);
    assertThat(report.metrics())
        .extracting(Metric::name)
        .containsExactly(
            "parameters",
            "flops",
            "bytes",
            "accuracy",
            "loss",
            "agreement",
            "accuracyAsCut",
            "latencyMillis")
        .containsExactlyElementsOf(stage.metrics(job));
    Metric flops = metric(report, "flops");
    assertThat(flops.after().orElseThrow()).isLessThanOrEqualTo(0.8 * flops.before().orElseThrow());
    assertThat(report.change().get("opening")).contains(library);
    assertThat(config().has("head_dim")).isFalse();
    assertThat(own.resolve("out/report.html")).exists();
    assertThat(own.resolve("out/README.md")).exists();
  }

  @Test
  void the_config_says_in_words_of_transformers_how_wide_equal_layers_are() throws IOException {
    stage.run(job("vit", "80%", ""), heard::add);

    ImageTransformerModel cut = ImageTransformerModel.of(ModelDirectory.open(own.resolve("out")));
    assertThat(config().path("num_attention_heads").intValue()).isEqualTo(4);
    assertThat(config().path("intermediate_size").intValue())
        .isLessThan(40)
        .isEqualTo(width(cut, "vit.encoder.layer.0.neurons"))
        .isEqualTo(width(cut, "vit.encoder.layer.1.neurons"));
  }

  @Test
  void the_config_says_in_words_of_timm_how_wide_equal_layers_are() throws IOException {
    stage.run(job("timm-vit", "80%", ""), heard::add);

    ImageTransformerModel cut = ImageTransformerModel.of(ModelDirectory.open(own.resolve("out")));
    double ratio = config().at("/model_args/mlp_ratio").doubleValue();
    assertThat((int) (24 * ratio)).isLessThan(40).isEqualTo(width(cut, "blocks.0.neurons"));
    assertThat(config().at("/model_args/num_heads").intValue()).isEqualTo(4);
    assertThat(config().has("intermediate_size")).isFalse();
    assertThat(config().has("num_attention_heads")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"vit", "deit", "timm-vit"})
  void layers_with_widths_of_their_own_say_what_the_model_says_whose_units_are_masked(String name)
      throws IOException {
    StageReport report =
        stage.run(job(name, "60%", PLAIN + ",\"output\":\"per-layer\""), heard::add);

    assertThat(report.loadsIn()).containsExactly("espalier", "safetensors");
    JsonNode stored = JSON.readTree(own.resolve("out/espalier.json").toFile()).at("/stages/0/kept");
    var units = new HashMap<String, int[]>();
    stored
        .properties()
        .forEach(
            axis ->
                units.put(
                    axis.getKey(),
                    IntStream.range(0, axis.getValue().size())
                        .map(i -> axis.getValue().get(i).intValue())
                        .toArray()));
    assertThat(units.keySet()).anyMatch(axis -> axis.endsWith(".heads"));
    assertThat(units.keySet()).anyMatch(axis -> axis.endsWith(".neurons"));
    requireSame(Golden.of(name), new Kept(units));
  }

  private void requireSame(Golden golden, Kept kept) {
    ImageTransformerModel whole = ImageTransformerModel.of(golden.model());
    ImageTransformerModel cut = ImageTransformerModel.of(ModelDirectory.open(own.resolve("out")));
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope();
        Weights original = Weights.load(whole.directory(), whole.architecture());
        Weights pruned = Weights.load(cut.directory(), cut.architecture())) {
      scope.suppressNotUsedWarning();
      NDArray images = golden.images(manager);
      Masks masks =
          Masks.of(original.architecture(), kept, original.get(original.names().iterator().next()));
      float[] wanted = whole.network().forward(original, images, masks).toFloatArray();
      float[] found = cut.network().forward(pruned, images, ForwardHooks.NONE).toFloatArray();
      assertThat(found).containsExactly(wanted, within(2e-5f));
    }
  }

  @Test
  void heads_go_as_transformers_4_removes_them_if_that_is_asked_for() throws IOException {
    StageReport report =
        stage.run(job("vit", "60%", PLAIN + ",\"output\":\"hf-v4-pruned-heads\""), heard::add);

    assertThat(report.loadsIn()).contains("transformers<5");
    assertThat(config().path("pruned_heads").isObject()).isTrue();
    assertThat(config().path("num_attention_heads").intValue()).isEqualTo(4);
    assertThat(config().path("intermediate_size").isInt()).isTrue();
  }

  @Test
  void timm_has_no_words_for_heads_that_were_removed() {
    assertThatThrownBy(
            () -> stage.check(job("timm-vit", "60%", ",\"output\":\"hf-v4-pruned-heads\"")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("output hf-v4-pruned-heads")
        .hasMessageContaining("family vit");
  }

  @Test
  void a_result_can_be_pruned_again() throws IOException {
    stage.run(job("timm-vit", "70%", ",\"output\":\"per-layer\""), heard::add);
    Files.move(own.resolve("out"), own.resolve("first"));

    StageReport report = stage.run(job(own.resolve("first"), "80%", "", "data"), heard::add);

    assertThat(report.change()).containsEntry("output", "per-layer");
    Metric flops = metric(report, "flops");
    assertThat(flops.after().orElseThrow()).isLessThanOrEqualTo(0.8 * flops.before().orElseThrow());
  }

  @Test
  void what_is_behind_the_cut_is_solved_for_where_that_is_not_switched_off() {
    StageReport report = stage.run(job("vit", "60%", ""), heard::add);

    assertThat(report.change()).containsKey("reconstruction.chosen");
    assertThat(heard).extracting(Progress::phase).contains("reconstructing layers");
  }

  @Test
  void images_without_classes_have_no_gradients() throws IOException {
    Path flat = Files.createDirectories(own.resolve("flat"));
    Path golden = Golden.of("images").directory().resolve("files");
    try (var files = Files.list(golden)) {
      for (Path file : files.toList()) {
        Files.copy(file, flat.resolve(file.getFileName()));
      }
    }

    assertThatThrownBy(() -> stage.check(job(Golden.of("vit").directory(), "80%", "", "flat")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("gradients need what is right, but these images have no classes");
  }

  @Test
  void what_cannot_be_done_is_refused_before_any_work() {
    assertThatThrownBy(() -> stage.check(job("vit", "1%", "")))
        .isInstanceOf(InfeasibleException.class);
    String tooMany = SPEC.formatted("80%", "").replace("\"batches\":2", "\"batches\":1000");
    assertThatThrownBy(() -> stage.check(job(Golden.of("vit").directory(), tooMany, "data")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("prune.batches: 1000 of 3 images are 3000");
  }

  private static int width(ImageTransformerModel model, String name) {
    return model.architecture().axes().stream()
        .filter(axis -> axis.name().equals(name))
        .mapToInt(Axis::units)
        .findFirst()
        .orElseThrow();
  }

  private JsonNode config() throws IOException {
    return JSON.readTree(own.resolve("out/config.json").toFile());
  }

  private static Metric metric(StageReport report, String name) {
    return report.metrics().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private StageJob job(String golden, String flops, String more) {
    return job(Golden.of(golden).directory(), flops, more, "data");
  }

  private StageJob job(Path model, String flops, String more, String data) {
    return job(model, SPEC.formatted(flops, more), data);
  }

  private StageJob job(Path model, String spec, String data) {
    return new StageJob(
        "run",
        0,
        1,
        StageKind.PRUNE,
        spec,
        model,
        own.resolve("out"),
        own.resolve("checkpoints"),
        Map.of("eval", own.resolve(data).toUri()),
        7);
  }
}
