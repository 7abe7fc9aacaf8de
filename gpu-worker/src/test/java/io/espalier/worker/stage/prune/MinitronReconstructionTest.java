package io.espalier.worker.stage.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of {@code reconstruct} in a stage of Minitron, from files to files. */
final class MinitronReconstructionTest {
  private static final int NEURONS = 64;

  @TempDir static Path shared;
  @TempDir Path own;

  private final List<Progress> heard = new ArrayList<>();

  @BeforeAll
  static void draw() throws IOException {
    Path tokenizer = Golden.of("scores/squad-windows").directory().resolve("tokenizer.json");
    TextModels.write(
        shared.resolve("llama"),
        TextModels.LLAMA.formatted("llama", "LlamaForCausalLM", ""),
        tokenizer,
        1);
    TextModels.write(
        shared.resolve("qwen2_moe"),
        TextModels.LLAMA.formatted(
            "qwen2_moe",
            "Qwen2MoeForCausalLM",
            ", \"num_experts_per_tok\": 2, \"num_experts\": 6, \"moe_intermediate_size\": 48,"
                + " \"shared_expert_intermediate_size\": 96"),
        tokenizer,
        6);
    Files.writeString(shared.resolve("text.txt"), TextModels.words(60, 5));
  }

  private StageReport run(String model, String export, String mode, String output) {
    return run(model, export, mode, output, Map.of("eval", shared.resolve("text.txt").toUri()));
  }

  private StageReport run(
      String model, String export, String mode, String output, Map<String, URI> data) {
    return new PruneStage().run(job(model, export, mode, output, data), heard::add);
  }

  private StageJob job(String model, String export, String mode, String output) {
    return job(model, export, mode, output, Map.of("eval", shared.resolve("text.txt").toUri()));
  }

  /**
   * A job.
   *
   * @param settings sizes that are asked for and, behind them and a closing brace, other keys
   */
  private StageJob job(
      String model, String settings, String mode, String output, Map<String, URI> data) {
    String export = settings.contains("}") ? settings : settings + "}";
    String spec =
        "{'algorithm':'minitron','batchSize':4,'maxLength':16,'reconstruct':'%s','export':{%s}"
            .formatted(mode, export)
            .replace('\'', '"');
    return new StageJob(
        "run",
        0,
        1,
        StageKind.PRUNE,
        spec,
        shared.resolve(model),
        own.resolve(output),
        own.resolve("checkpoints"),
        data,
        7);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "llama, 'intermediate_size': 64, model.layers.0.mlp.down_proj.weight",
        "llama, 'hidden_size': 48, lm_head.weight",
        "qwen2_moe, 'num_experts': 4, model.layers.2.mlp.shared_expert.down_proj.weight",
      })
  void layers_are_told_and_the_closer_version_goes_out(String model, String export, String solved)
      throws IOException {
    StageReport report = run(model, export, "auto", "out");

    assertThat(report.change())
        .containsKey("reconstruction.chosen")
        .containsKey("reconstruction.divergence.plain cut")
        .containsKey("reconstruction." + solved);
    double plain = Double.parseDouble(report.change().get("reconstruction.divergence.plain cut"));
    double made =
        Double.parseDouble(report.change().get("reconstruction.divergence.reconstructed"));
    assertThat(report.change().get("reconstruction.chosen"))
        .isEqualTo(made < plain ? "reconstructed" : "plain cut");
    JsonNode told = new ObjectMapper().readTree(own.resolve("out").resolve("report.json").toFile());
    assertThat(told.path("reconstruction").path("layers").size()).isPositive();
    assertThat(heard).extracting(Progress::phase).contains("reconstructing layers");
  }

  @Test
  void the_loss_of_the_plain_cut_is_told_beside_that_of_the_result() {
    String export = "'intermediate_size': 64";
    StageReport plain = run("llama", export, "off", "plain");
    StageReport solved = run("llama", export, "on", "solved");

    assertThat(metric(solved, "lossAsCut").after()).isEqualTo(metric(plain, "loss").after());
    assertThat(metric(solved, "lossAsCut").before()).isEqualTo(metric(plain, "loss").before());
    assertThat(solved.change()).containsEntry("reconstruction.chosen", "reconstructed");
    assertThat(metric(solved, "loss").after()).isNotEqualTo(metric(plain, "loss").after());
    assertThat(plain.metrics()).extracting(Metric::name).doesNotContain("lossAsCut");
    assertThat(solved.metrics())
        .extracting(Metric::name)
        .containsExactlyElementsOf(new PruneStage().metrics(job("llama", export, "on", "any")));
  }

  private static Metric metric(StageReport report, String name) {
    return report.metrics().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void what_reads_a_rotated_stream_is_solved_for() {
    String export = "'hidden_size': 32},'hidden':'rotation'";
    StageReport plain = run("llama", export, "off", "plain");
    StageReport solved = run("llama", export, "on", "solved");

    assertThat(solved.change())
        .containsEntry("stream.directions", "32")
        .containsEntry("reconstruction.chosen", "reconstructed")
        .containsKey("reconstruction.lm_head.weight")
        .containsKey("reconstruction.model.layers.0.self_attn.q_proj.weight");
    assertThat(metric(solved, "lossAsCut").after()).isEqualTo(metric(plain, "loss").after());
    assertThat(divergence(solved, "reconstructed"))
        .isLessThan(0.8 * divergence(solved, "plain cut"));
    assertThat(own.resolve("checkpoints")).isDirectoryNotContaining("glob:**rotated*");
  }

  private static double divergence(StageReport report, String version) {
    return Double.parseDouble(report.change().get("reconstruction.divergence." + version));
  }

  @Test
  void a_rotated_stream_needs_room_for_one_more_copy() {
    var stage = new PruneStage();
    StageJob channels = job("llama", "'hidden_size': 48", "on", "out");
    StageJob rotated = job("llama", "'hidden_size': 48},'hidden':'rotation'", "on", "out");

    assertThat(stage.diskBytes(channels, 1000, Map.of())).isEqualTo(3000);
    assertThat(stage.diskBytes(rotated, 1000, Map.of())).isEqualTo(4000);
  }

  /** Today's files: each number is the original's, and what no cut reaches has its very bytes. */
  @Test
  void off_selects_and_computes_nothing() {
    StageReport report = run("llama", "'intermediate_size': 64", "off", "off");

    assertThat(report.change().keySet()).noneMatch(key -> key.startsWith("reconstruction"));
    ModelDirectory before = ModelDirectory.open(shared.resolve("llama"));
    ModelDirectory after = ModelDirectory.open(own.resolve("off"));
    for (String name : after.tensors().keySet()) {
      if (!name.contains(".mlp.")) {
        assertThat(after.read(name).bytes()).as(name).isEqualTo(before.read(name).bytes());
      }
    }
    for (int layer = 0; layer < 4; layer++) {
      String down = "model.layers.%d.mlp.down_proj.weight".formatted(layer);
      List<List<Float>> columns = columns(after, down);
      assertThat(columns).hasSize(NEURONS);
      assertThat(columns(before, down)).containsSubsequence(columns);
    }
  }

  private static List<List<Float>> columns(ModelDirectory model, String tensor) {
    long[] shape = model.tensors().get(tensor).shape();
    var numbers = model.read(tensor).bytes().asFloatBuffer();
    int width = (int) shape[1];
    return IntStream.range(0, width)
        .mapToObj(
            column ->
                IntStream.range(0, (int) shape[0])
                    .mapToObj(row -> numbers.get(row * width + column))
                    .toList())
        .toList();
  }

  @Test
  void the_same_job_leaves_the_same_bits() {
    run("qwen2_moe", "'num_experts': 4", "on", "one");
    run("qwen2_moe", "'num_experts': 4", "on", "two");

    assertThat(own.resolve("two/model.safetensors"))
        .hasSameBinaryContentAs(own.resolve("one/model.safetensors"));
  }

  @Test
  void on_without_data_is_refused() {
    assertThatThrownBy(() -> run("llama", "'hidden_size': 48", "on", "out", Map.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("pruning needs texts");
  }
}
