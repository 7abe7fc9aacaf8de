package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.stage.prune.PruneStage;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * In which form a result is left behind where the policy does not say. {@code
 * integration-tests/open_gradnas.py} opens such results in transformers.
 */
class GradNasFormsTest {
  private static final String SPEC =
      "{\"algorithm\":\"gradnas\",\"constraints\":{\"flops\":\"%s\"},\"neuronDivisor\":8,"
          + "\"batches\":2,\"batchSize\":4,\"maxLength\":48,\"stride\":16%s}";

  @TempDir Path own;

  private final PruneStage stage = new PruneStage();

  @BeforeEach
  void write_a_model() throws IOException {
    TextModels.write(
        own.resolve("bert"), TextModels.BERT.formatted("BertForQuestionAnswering"), tokenizer(), 1);
  }

  private static Path tokenizer() {
    return Golden.of("scores/squad-windows").directory().resolve("tokenizer.json");
  }

  private StageReport prune(Path model, String flops, String more) {
    return stage.run(job(model, SPEC.formatted(flops, more)), Progress.Listener.NONE);
  }

  private StageJob job(Path model, String spec) {
    Path data = Golden.of("scores/squad-windows").directory().resolve("squad.json");
    return new StageJob(
        "run",
        0,
        1,
        StageKind.PRUNE,
        spec,
        model,
        own.resolve("out"),
        own.resolve("checkpoints"),
        Map.of("eval", data.toUri()),
        7);
  }

  private JsonNode config() throws IOException {
    return new ObjectMapper().readTree(own.resolve("out/config.json").toFile());
  }

  @Test
  void all_layers_are_cut_alike_if_that_is_enough_so_that_any_loader_opens_the_result()
      throws IOException {
    StageReport report = prune(own.resolve("bert"), "80%", "");

    assertThat(report.change()).containsEntry("output", "uniform");
    assertThat(report.loadsIn()).containsExactly("espalier", "safetensors", "transformers");
    assertThat(report.warnings()).isEmpty();
    assertThat(config().path("intermediate_size").isInt()).isTrue();
    assertThat(config().path("num_attention_heads").intValue()).isEqualTo(4);
    assertThat(config().has("head_dim")).isFalse();
  }

  @Test
  void heads_go_as_transformers_4_removes_them_if_equal_layers_cannot_be_small_enough()
      throws IOException {
    StageReport report = prune(own.resolve("bert"), "55%", "");

    assertThat(report.change()).containsEntry("output", "hf-v4-pruned-heads");
    assertThat(report.loadsIn()).contains("transformers<5");
    assertThat(config().path("pruned_heads").isObject()).isTrue();
    assertThat(report.warnings())
        .singleElement()
        .asString()
        .startsWith("output uniform is not possible: constraint flops: 55% allows at most ");
  }

  @Test
  void layers_have_widths_of_their_own_if_no_loader_removes_heads_of_the_family()
      throws IOException {
    String config =
        """
        {"model_type": "distilbert", "architectures": ["DistilBertForQuestionAnswering"],
         "vocab_size": 420, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64,
         "max_position_embeddings": 64, "pad_token_id": 0}
        """;
    Path model = TextModels.write(own.resolve("distilbert"), config, tokenizer(), 3);
    String removed = ",\"layers\":[{\"match\":\"*.layer.0.ffn.lin1\",\"exclude\":true}]";

    StageReport report = prune(model, "80%", removed);

    assertThat(report.change()).containsEntry("output", "per-layer");
    assertThat(report.loadsIn()).doesNotContain("transformers");
    assertThat(report.warnings())
        .first()
        .asString()
        .contains("rules for layers give some of them other neurons to choose from");
  }

  @Test
  void a_form_that_was_asked_for_is_taken_without_a_word() {
    StageReport report = prune(own.resolve("bert"), "80%", ",\"output\":\"per-layer\"");

    assertThat(report.change()).containsEntry("output", "per-layer");
    assertThat(report.warnings()).isEmpty();
  }

  @Test
  void a_model_whose_layers_differ_keeps_layers_that_differ() throws IOException {
    prune(own.resolve("bert"), "60%", ",\"output\":\"per-layer\"");
    Files.move(own.resolve("out"), own.resolve("uneven"));

    StageReport report = prune(own.resolve("uneven"), "80%", "");

    assertThat(report.loadsIn()).doesNotContain("transformers");
    assertThat(report.warnings()).anyMatch(line -> line.contains("its layers have ["));
  }

  @Test
  void what_no_form_allows_is_refused_with_the_smallest_that_there_is() {
    assertThatThrownBy(() -> stage.check(job(own.resolve("bert"), SPEC.formatted("1%", ""))))
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("flops: 1% allows at most");
  }

  @Test
  void a_latency_that_no_form_reaches_is_refused_after_each_was_tried() {
    String spec = SPEC.formatted("95%", "").replace("\"95%\"", "\"95%\",\"latency\":\"1us\"");

    assertThatThrownBy(() -> stage.run(job(own.resolve("bert"), spec), Progress.Listener.NONE))
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("latency");
    assertThat(own.resolve("out")).doesNotExist();
  }
}
