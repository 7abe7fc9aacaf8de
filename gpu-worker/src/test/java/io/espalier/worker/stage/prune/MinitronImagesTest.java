package io.espalier.worker.stage.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.model.ImageTransformerModel;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Transformers that read images, pruned by Minitron. {@code integration-tests/open_vit.py} opens
 * such results in transformers and timm.
 */
final class MinitronImagesTest {
  private static final String SPEC =
      "{\"algorithm\":\"minitron\",%s,\"batches\":1,\"batchSize\":3%s}";
  private static final String SMALL =
      "\"export\":{\"hidden_size\":12,\"num_attention_heads\":2,\"intermediate_size\":24,"
          + "\"num_hidden_layers\":1}";
  private static final String ONES = ",\"hiddenDivisor\":1,\"neuronDivisor\":4";
  private static final String WIDE = ",\"maxWidthPruning\":0.8,\"maxDepthPruning\":0.5";
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
      Path flat = Files.createDirectories(own.resolve("flat"));
      for (JsonNode file : folder.getValue()) {
        Path image = golden.resolve("files").resolve(file.asText());
        Files.copy(image, to.resolve(file.asText()));
        Files.copy(image, flat.resolve(file.asText()));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"vit, transformers", "deit, transformers", "timm-vit, timm"})
  void sizes_that_are_asked_for_open_in_the_library_that_the_model_comes_from(
      String name, String library) throws IOException {
    StageJob job = job(name, SMALL, ONES);

    stage.check(job);
    StageReport report = stage.run(job, heard::add);

    assertThat(report.loadsIn()).containsExactly("espalier", "safetensors", library);
    assertThat(report.change().get("opening")).contains(library);
    assertThat(report.change()).doesNotContainKey("tokens").containsKey("reconstruction.chosen");
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
    ImageTransformerModel made = ImageTransformerModel.of(ModelDirectory.open(own.resolve("out")));
    assertThat(made.network().hiddenSize()).isEqualTo(12);
    assertThat(made.network().headSize()).isEqualTo(6);
    assertThat(made.network().layers()).isEqualTo(1);
    assertThat(own.resolve("out/report.html")).exists();
    assertThat(own.resolve("out/README.md")).exists();
  }

  @Test
  void the_config_says_in_words_of_transformers_what_is_left() throws IOException {
    Path pooled = Files.createDirectories(own.resolve("pooled"));
    for (String file : List.of("model.safetensors", "preprocessor_config.json")) {
      Files.copy(Golden.of("vit").directory().resolve(file), pooled.resolve(file));
    }
    ObjectNode config = Golden.of("vit").config().deepCopy();
    JSON.writeValue(pooled.resolve("config.json").toFile(), config.put("pooler_output_size", 24));

    stage.run(job(pooled, SPEC.formatted(SMALL, ONES + PLAIN), "data"), heard::add);

    assertThat(config().path("hidden_size").intValue()).isEqualTo(12);
    assertThat(config().path("num_attention_heads").intValue()).isEqualTo(2);
    assertThat(config().path("intermediate_size").intValue()).isEqualTo(24);
    assertThat(config().path("num_hidden_layers").intValue()).isEqualTo(1);
    assertThat(config().path("pooler_output_size").intValue()).isEqualTo(12);
    assertThat(config().has("head_dim")).isFalse();
  }

  @Test
  void the_config_says_in_words_of_timm_what_is_left() throws IOException {
    stage.run(job("timm-vit", SMALL, ONES + PLAIN), heard::add);

    JsonNode arguments = config().path("model_args");
    assertThat(arguments.path("embed_dim").intValue()).isEqualTo(12);
    assertThat(arguments.path("num_heads").intValue()).isEqualTo(2);
    assertThat(arguments.path("depth").intValue()).isEqualTo(1);
    assertThat((int) (12 * arguments.path("mlp_ratio").doubleValue())).isEqualTo(24);
    for (String ours :
        List.of("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")) {
      assertThat(config().has(ours)).as(ours).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource({"loss, data", "kl, flat"})
  void candidates_within_a_budget_are_compared_on_images(String score, String data) {
    String more = ONES + WIDE + ",\"score\":\"%s\",\"topK\":3".formatted(score);
    String spec = SPEC.formatted("\"constraints\":{\"flops\":\"60%\"}", more);
    StageJob job = job(Golden.of("vit").directory(), spec, data);

    stage.check(job);
    StageReport report = stage.run(job, heard::add);

    assertThat(report.change()).containsKeys("candidate.chosen", "candidate.3." + score);
    assertThat(report.loadsIn()).contains("transformers");
    Metric flops = metric(report, "flops");
    assertThat(flops.after().orElseThrow()).isLessThanOrEqualTo(0.6 * flops.before().orElseThrow());
    assertThat(report.metrics()).extracting(Metric::name).containsAll(stage.metrics(job));
    assertThat(heard)
        .extracting(Progress::phase)
        .contains("measuring activations", "scoring candidates", "measuring the result");
  }

  @Test
  void a_bound_of_latency_is_foretold_and_measured() {
    String asked = "\"constraints\":{\"latency\":\"95%\"}";

    StageReport report = stage.run(job("timm-vit", asked, ONES + WIDE + PLAIN), heard::add);

    Metric latency = metric(report, "latencyMillis");
    assertThat(latency.after().orElseThrow()).isPositive();
    assertThat(report.change()).containsKey("candidate.chosen");
  }

  @Test
  void layers_may_have_widths_of_their_own_if_espalier_opens_them() throws IOException {
    StageReport report =
        stage.run(
            job("vit", "\"constraints\":{\"flops\":\"70%\"}", ONES + WIDE + ",\"perLayer\":true"),
            heard::add);

    assertThat(report.loadsIn()).containsExactly("espalier", "safetensors");
    assertThat(config().path("hidden_size").intValue()).isEqualTo(24);
    assertThat(report.change()).containsKey("reconstruction.chosen");
  }

  @Test
  void fewer_heads_than_the_stream_has_room_for_open_here_if_that_is_asked_for()
      throws IOException {
    String heads = "\"export\":{\"num_attention_heads\":3}";

    assertThatThrownBy(() -> stage.check(job("vit", heads, "")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("prune.export.hidden_size and num_attention_heads")
        .hasMessageContaining("hidden 24 is not 3 heads of 6 channels")
        .hasMessageContaining("transformers divides hidden by heads");
    assertThatThrownBy(() -> stage.check(job("timm-vit", heads, "")))
        .hasMessageContaining("timm divides hidden by heads");

    StageReport report = stage.run(job("vit", heads, ",\"loaders\":\"espalier\""), heard::add);
    assertThat(report.loadsIn()).containsExactly("espalier", "safetensors");
    assertThat(config().path("head_dim").intValue()).isEqualTo(6);
  }

  @Test
  void a_result_can_be_pruned_again() throws IOException {
    String narrow = "\"export\":{\"hidden_size\":18,\"num_attention_heads\":3}";
    stage.run(job("timm-vit", narrow, ONES), heard::add);
    Files.move(own.resolve("out"), own.resolve("first"));

    stage.run(job(own.resolve("first"), SPEC.formatted(SMALL, ONES), "data"), heard::add);

    assertThat(config().at("/model_args/embed_dim").intValue()).isEqualTo(12);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"constraints\":{\"flopsPerToken\":\"60%\"} | '' | prune.constraints.flopsPerToken: this"
            + " is said of models for text-generation",
        "\"constraints\":{\"memory\":\"60%\",\"sequenceLength\":8} | '' |"
            + " prune.constraints.sequenceLength: models for text-generation keep keys and values",
        "\"constraints\":{\"flops\":\"60%\"} | ,\"maxLength\":8 | prune.maxLength is for models"
            + " that read text",
        "\"constraints\":{\"flops\":\"60%\"} | ,\"rankAfter\":{\"steps\":5} | prune.rankAfter is"
            + " for models that read text",
        "\"constraints\":{\"flops\":\"60%\"} | ,\"hidden\":\"rotation\" | LayerNorm subtracts the"
            + " mean of the channels",
        "\"export\":{\"num_experts\":2} | '' | the model has no experts",
        "\"export\":{\"hidden_size\":30} | '' | wanted 1 to 24, as the model has, found 30",
        "\"constraints\":{\"flops\":\"60%\"} | ,\"batches\":1000 | prune.batches: 1000 of 3 images"
            + " are 3000"
      })
  void what_cannot_be_done_is_refused_by_name(String asked, String more, String why) {
    String spec = SPEC.formatted(asked, more);
    String once = more.contains("batches") ? spec.replace(",\"batches\":1,", ",") : spec;

    assertThatThrownBy(() -> stage.check(job(Golden.of("vit").directory(), once, "data")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(why);
  }

  @Test
  void images_without_classes_have_no_loss() {
    String spec = SPEC.formatted("\"constraints\":{\"flops\":\"80%\"}", ONES);

    assertThatThrownBy(() -> stage.check(job(Golden.of("vit").directory(), spec, "flat")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("score: loss needs what is right")
        .hasMessageContaining("ask for score: kl");
  }

  @Test
  void a_budget_that_nothing_meets_is_refused_with_the_smallest_candidate() {
    assertThatThrownBy(() -> stage.check(job("vit", "\"constraints\":{\"flops\":\"1%\"}", ONES)))
        .isInstanceOf(InfeasibleException.class);
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

  private StageJob job(String golden, String asked, String more) {
    return job(Golden.of(golden).directory(), SPEC.formatted(asked, more), "data");
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
