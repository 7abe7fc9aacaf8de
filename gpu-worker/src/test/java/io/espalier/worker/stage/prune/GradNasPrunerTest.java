package io.espalier.worker.stage.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.stage.TextModels;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GradNasPrunerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SPEC =
      "{\"algorithm\":\"gradnas\",\"constraints\":{\"flops\":\"60%%\"},\"neuronDivisor\":8,"
          + "\"batchSize\":4,\"maxLength\":48,\"stride\":16%s}";

  @TempDir static Path shared;
  @TempDir Path own;

  private final PruneStage stage = new PruneStage();
  private final List<Progress> heard = new ArrayList<>();

  @BeforeAll
  static void draw() throws IOException {
    Path tokenizer = squad().resolve("tokenizer.json");
    TextModels.write(
        shared.resolve("qa"), TextModels.BERT.formatted("BertForQuestionAnswering"), tokenizer, 1);
    TextModels.write(
        shared.resolve("embedding"), TextModels.BERT.formatted("BertModel"), tokenizer, 2);
    TextModels.write(
        shared.resolve("tagger"),
        TextModels.BERT.formatted("BertForTokenClassification"),
        tokenizer,
        3);
    Files.writeString(
        shared.resolve("words.conll"),
        "the 0\nriver 1\nruns 0\n\na 0\nsmall 0\nhouse 1\n\nwho 0\n\nthe 0\nold 0\nbridge 1\n");
    Files.writeString(
        shared.resolve("texts.txt"),
        "the river runs north\na small house\nwho built it\nthe old bridge\n");
  }

  private static Path squad() {
    return Golden.of("scores/squad-windows").directory();
  }

  @Test
  void the_result_is_smaller_by_what_was_asked_and_says_how_it_came_about() throws IOException {
    StageReport report = stage.run(job("qa", SPEC.formatted(""), "one"), heard::add);

    Metric flops = metric(report, "flops");
    assertThat(flops.after().orElseThrow()).isLessThanOrEqualTo(0.6 * flops.before().orElseThrow());
    assertThat(report.metrics())
        .extracting(Metric::name)
        .containsExactly(
            "parameters", "flops", "bytes", "exactMatch", "f1", "loss", "f1AsCut", "latencyMillis")
        .containsExactlyElementsOf(stage.metrics(job("qa", SPEC.formatted(""), "two")));
    assertThat(metric(report, "bytes").after())
        .hasValue((double) Files.size(own.resolve("one/model.safetensors")));
    assertThat(report.loadsIn()).containsExactly("espalier", "safetensors", "transformers<5");
    TextModel reopened = TextModel.of(ModelDirectory.open(own.resolve("one")), 48);
    assertThat(reopened.architecture().prunableAxes()).hasSize(4);
    JsonNode made = JSON.readTree(own.resolve("one/espalier.json").toFile());
    assertThat(made.path("stages").path(0).path("algorithm").asText()).isEqualTo("gradnas");
    assertThat(made.path("loadsIn")).hasSize(3);
  }

  @Test
  void the_report_tells_of_every_unit_and_stays_out_of_the_digest() throws IOException {
    stage.run(job("qa", SPEC.formatted(""), "one"), heard::add);

    JsonNode facts = JSON.readTree(own.resolve("one/report.json").toFile());
    JsonNode kept = JSON.readTree(own.resolve("one/espalier.json").toFile()).at("/stages/0/kept");
    for (JsonNode kind : facts.at("/units")) {
      double sum = 0;
      for (JsonNode row : kind.at("/rows")) {
        int stay = 0;
        int all = 0;
        for (int cell = 0; cell < row.at("/scores").size(); cell++) {
          sum += row.at("/scores").get(cell).asDouble() * row.at("/units").get(cell).asInt();
          stay += row.at("/kept").get(cell).asInt();
          all += row.at("/units").get(cell).asInt();
        }
        JsonNode listed = kept.path(row.at("/axis").asText()); // nothing if all stay
        assertThat(stay).isEqualTo(listed.isMissingNode() ? all : listed.size());
      }
      assertThat(sum).as("scores of a kind share 1").isCloseTo(1, within(1e-9));
    }
    assertThat(facts.at("/units").findValuesAsText("kind")).containsExactly("heads", "neurons");
    assertThat(facts.at("/units/0/rows")).hasSize(2);
    assertThat(facts.at("/curve/points").size()).isGreaterThan(10);
    assertThat(facts.at("/effort/phases").findValuesAsText("name"))
        .contains("original", "gradients", "search", "surgery", "result", "other budgets");
    assertThat(facts.at("/setup/batches").asInt()).isEqualTo(8);
    assertThat(facts.at("/setup/sequences").asInt()).isEqualTo(32);
    assertThat(Manifest.of(own.resolve("one")).files())
        .extracting(file -> file.path())
        .contains("model.safetensors", "espalier.json")
        .doesNotContain("report.html", "report.json");
  }

  @Test
  void what_a_width_is_foretold_to_give_up_are_the_scores_of_the_units_that_go()
      throws IOException {
    stage.run(job("qa", SPEC.formatted(""), "one"), heard::add);

    JsonNode facts = JSON.readTree(own.resolve("one/report.json").toFile());
    double gone = 0;
    for (JsonNode kind : facts.at("/units")) {
      for (JsonNode row : kind.at("/rows")) {
        for (int cell = 0; cell < row.at("/scores").size(); cell++) {
          int units = row.at("/units").get(cell).asInt() - row.at("/kept").get(cell).asInt();
          gone += row.at("/scores").get(cell).asDouble() * units;
        }
      }
    }
    assertThat(facts.at("/search/loss").asDouble()).isCloseTo(gone, within(1e-9));
    assertThat(facts.at("/curve/chosen/predictedLoss")).isEqualTo(facts.at("/search/loss"));
    assertThat(facts.at("/curve/measured")).isEmpty();
  }

  @Test
  void a_report_of_equal_widths_has_the_layers_together_and_their_units_apart() throws IOException {
    String spec = SPEC.formatted(",\"uniform\":true");
    stage.run(job("qa", spec, "one"), heard::add);

    JsonNode facts = JSON.readTree(own.resolve("one/report.json").toFile());
    assertThat(facts.at("/axes").findValuesAsText("name")).contains("heads", "neurons");
    assertThat(facts.at("/units/1/rows").findValuesAsText("axis"))
        .containsExactly("bert.encoder.layer.0.neurons", "bert.encoder.layer.1.neurons");
  }

  @Test
  void a_bound_of_latency_is_reported_with_every_candidate_that_was_timed() throws IOException {
    String spec =
        SPEC.formatted("")
            .replace("\"flops\":\"60%\"", "\"flops\":\"60%\",\"latency\":\"60000ms\"");
    stage.run(job("qa", spec, "one"), heard::add);

    JsonNode latencies = JSON.readTree(own.resolve("one/report.json").toFile()).at("/latencies");
    List<String> models = latencies.findValuesAsText("model");
    assertThat(models).startsWith("original", "candidate 1, within the bound").endsWith("result");
    latencies.forEach(latency -> assertThat(latency.at("/measuredMillis").asDouble()).isPositive());
  }

  @Test
  void another_budget_needs_no_gradients() {
    stage.run(job("qa", SPEC.formatted(""), "one"), heard::add);
    assertThat(gradientSteps()).isPositive();
    heard.clear();

    StageReport report =
        stage.run(job("qa", SPEC.formatted("").replace("60%", "80%"), "two"), heard::add);

    assertThat(gradientSteps()).isZero();
    Metric flops = metric(report, "flops");
    assertThat(flops.after().orElseThrow())
        .isBetween(0.6 * flops.before().orElseThrow(), 0.8 * flops.before().orElseThrow());
  }

  @Test
  void units_of_a_layer_are_ranked_by_residuals_if_that_is_asked_for() throws IOException {
    String asked = SPEC.formatted(",\"importance\":\"residual\"");
    StageReport gradients = stage.run(job("qa", SPEC.formatted(""), "gradients"), heard::add);
    heard.clear();
    StageReport residuals = stage.run(job("qa", asked, "residuals"), heard::add);

    assertThat(heard).extracting(Progress::phase).contains("measuring residuals");
    assertThat(residuals.change()).containsEntry("importance", "residual");
    assertThat(kept("residuals")).isNotEqualTo(kept("gradients"));
    assertThat(metric(residuals, "flops").after()).isEqualTo(metric(gradients, "flops").after());
    heard.clear();
    stage.run(job("qa", asked.replace("60%", "80%"), "other"), heard::add);
    assertThat(heard).extracting(Progress::phase).doesNotContain("measuring residuals");
  }

  private JsonNode kept(String output) throws IOException {
    return JSON.readTree(own.resolve(output).resolve("espalier.json").toFile())
        .at("/stages/0/kept");
  }

  @Test
  void the_same_job_leaves_the_same_bits_in_whatever_pieces_it_is_computed() throws IOException {
    stage.run(job("qa", SPEC.formatted(""), "one"), heard::add);
    stage.run(job("qa", SPEC.formatted(",\"microBatch\":4"), "two", "elsewhere"), heard::add);

    assertThat(own.resolve("two/model.safetensors"))
        .hasSameBinaryContentAs(own.resolve("one/model.safetensors"));
    assertThat(own.resolve("two/config.json"))
        .hasSameTextualContentAs(own.resolve("one/config.json"));
  }

  @Test
  void a_model_that_was_pruned_is_pruned_again() {
    stage.run(job("qa", SPEC.formatted(""), "one"), heard::add);

    StageReport report =
        stage.run(job(own.resolve("one"), SPEC.formatted(""), "two", "again"), heard::add);

    Metric flops = metric(report, "flops");
    assertThat(flops.after().orElseThrow()).isLessThanOrEqualTo(0.6 * flops.before().orElseThrow());
  }

  @Test
  void what_is_padded_with_zeros_says_what_the_cut_model_says() {
    String plain = SPEC.formatted(",\"output\":\"per-layer\",\"reconstruct\":\"off\"");
    stage.run(job("qa", plain, "cut"), heard::add);
    StageReport padded =
        stage.run(job("qa", SPEC.formatted(",\"output\":\"zero-padded\""), "zero"), heard::add);

    assertThat(padded.loadsIn()).contains("transformers");
    assertThat(padded.metrics()).extracting(Metric::name).doesNotContain("f1AsCut");
    assertThat(metric(padded, "flops").after()).isEqualTo(metric(padded, "flops").before());
    float[] zero = says(own.resolve("zero"));
    float[] cut = says(own.resolve("cut"));
    assertThat(zero).isNotEqualTo(says(shared.resolve("qa")));
    for (int i = 0; i < cut.length; i++) {
      assertThat(zero[i]).isCloseTo(cut[i], within(1e-5f));
    }
  }

  @Test
  void heads_that_transformers_removes_are_named_and_neurons_equal() throws IOException {
    String spec = SPEC.formatted(",\"output\":\"hf-v4-pruned-heads\"");
    StageReport report = stage.run(job("qa", spec, "one"), heard::add);

    JsonNode config = JSON.readTree(own.resolve("one/config.json").toFile());
    assertThat(config.path("num_attention_heads").intValue()).isEqualTo(4);
    assertThat(config.path("intermediate_size").isInt()).isTrue();
    assertThat(config.has("head_dim")).isFalse();
    var shapes = ModelDirectory.open(own.resolve("one")).shapes();
    for (int layer = 0; layer < 2; layer++) {
      int gone = config.path("pruned_heads").path("" + layer).size();
      assertThat(shapes.get("bert.encoder.layer." + layer + ".attention.self.query.weight")[0])
          .isEqualTo(32 - 8L * gone);
      assertThat(shapes.get("bert.encoder.layer." + layer + ".intermediate.dense.weight")[0])
          .isEqualTo(config.path("intermediate_size").longValue());
    }
    assertThat(report.loadsIn()).containsAnyOf("transformers", "transformers<5");
  }

  @Test
  void heads_removed_twice_are_named_as_the_first_model_counts_them() throws IOException {
    String spec = SPEC.formatted(",\"output\":\"hf-v4-pruned-heads\"");
    stage.run(job("qa", spec, "one"), heard::add);
    stage.run(job(own.resolve("one"), spec, "two", "again"), heard::add);

    JsonNode first = JSON.readTree(own.resolve("one/config.json").toFile()).path("pruned_heads");
    JsonNode second = JSON.readTree(own.resolve("two/config.json").toFile()).path("pruned_heads");
    int gone = 0;
    for (int layer = 0; layer < 2; layer++) {
      List<Integer> earlier = heads(first.path("" + layer));
      assertThat(heads(second.path("" + layer))).containsAll(earlier).doesNotHaveDuplicates();
      gone += second.path("" + layer).size() - earlier.size();
    }
    assertThat(gone).as("heads removed by the second pruning").isPositive();
    TextModel.of(ModelDirectory.open(own.resolve("two"))); // widths and config agree
  }

  private static List<Integer> heads(JsonNode list) {
    var heads = new ArrayList<Integer>();
    list.forEach(head -> heads.add(head.intValue()));
    return heads;
  }

  @Test
  void gradients_that_are_all_zero_are_named_with_batch_and_layer() throws IOException {
    assertThatThrownBy(
            () -> stage.run(job(filled(0), SPEC.formatted(""), "one", "any"), heard::add))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("batch 1 of 8: the gradients at all 64 units of")
        .hasMessageContaining("bert.encoder.layer.1.neurons");
  }

  @Test
  void a_model_that_says_no_numbers_is_refused_before_gradients_are_measured() throws IOException {
    Path broken = filled(Double.NaN);

    assertThatThrownBy(() -> stage.run(job(broken, SPEC.formatted(""), "one", "any"), heard::add))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("are not numbers; are its weights damaged?");
    assertThat(gradientSteps()).isZero();
  }

  private Path filled(double value) throws IOException {
    return TextModels.write(
        own.resolve("filled"),
        TextModels.BERT.formatted("BertForQuestionAnswering"),
        squad().resolve("tokenizer.json"),
        1,
        Map.of("bert.encoder.layer.1.output.dense.weight", value));
  }

  @Test
  void a_uniform_result_keeps_heads_and_opens_in_any_loader() throws IOException {
    String spec = SPEC.formatted(",\"output\":\"uniform\"").replace("60%", "80%");
    StageReport report = stage.run(job("qa", spec, "one"), heard::add);

    JsonNode config = JSON.readTree(own.resolve("one/config.json").toFile());
    assertThat(config.path("num_attention_heads").intValue()).isEqualTo(4);
    assertThat(config.path("intermediate_size").intValue()).isLessThan(64);
    assertThat(report.loadsIn()).contains("transformers");
  }

  @Test
  void embeddings_need_no_labels_and_are_compared_with_the_originals() {
    StageJob job = job("embedding", SPEC.formatted(""), "one");

    StageReport report = stage.run(job, heard::add);

    Metric similarity = metric(report, "similarity");
    assertThat(similarity.before().orElseThrow()).isCloseTo(1, within(1e-9));
    assertThat(similarity.after().orElseThrow()).isBetween(-1.0, 0.999999);
  }

  @Test
  void a_model_that_tags_words_is_pruned_by_the_loss_of_its_tags() throws IOException {
    StageReport report = stage.run(job("tagger", SPEC.formatted(""), "one"), heard::add);

    Metric flops = metric(report, "flops");
    assertThat(flops.after().orElseThrow()).isLessThanOrEqualTo(0.6 * flops.before().orElseThrow());
    assertThat(report.metrics())
        .extracting(Metric::name)
        .containsExactly(
            "parameters", "flops", "bytes", "accuracy", "loss", "accuracyAsCut", "latencyMillis")
        .containsExactlyElementsOf(stage.metrics(job("tagger", SPEC.formatted(""), "two")));
    assertThat(metric(report, "accuracy").samples()).hasValue(10); // words
    TextModel reopened = TextModel.of(ModelDirectory.open(own.resolve("one")), 48);
    assertThat(reopened.architecture().prunableAxes()).hasSize(4);
  }

  @Test
  void a_model_that_continues_text_is_judged_by_its_loss_however_it_is_batched()
      throws IOException {
    String config =
        """
        {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "vocab_size": 420,
         "n_embd": 32, "n_head": 4, "n_layer": 2, "n_positions": 64, "eos_token_id": 0}
        """;
    Path model =
        TextModels.write(own.resolve("gpt2"), config, squad().resolve("tokenizer.json"), 5);
    String spec = SPEC.formatted("").replace("48", "8").replace("16", "2");

    StageReport four = stage.run(job(model, spec, "four", "any"), heard::add);
    StageReport one =
        stage.run(
            job(model, spec.replace("\"batchSize\":4", "\"batchSize\":1"), "one", "any"),
            heard::add);

    double loss = metric(four, "loss").before().orElseThrow();
    assertThat(metric(one, "loss").before().orElseThrow()).isCloseTo(loss, within(1e-5 * loss));
    assertThat(metric(four, "perplexity").before()).hasValue(Math.exp(loss));
  }

  /** Heads share keys and values, so only neurons go; the size of heads is said in any case. */
  @Test
  void a_model_whose_heads_share_keys_loses_neurons_only() throws IOException {
    Path model = likeQwen("qwen3", "Qwen3ForCausalLM", "");

    StageReport report =
        stage.run(
            job(
                model,
                SPEC.formatted("").replace("\"flops\":\"60%\"", "\"flopsPerToken\":\"90%\""),
                "one",
                "any"),
            heard::add);

    JsonNode config = JSON.readTree(own.resolve("one/config.json").toFile());
    assertThat(config.path("num_attention_heads").intValue()).isEqualTo(4);
    assertThat(config.path("num_key_value_heads").intValue()).isEqualTo(2);
    assertThat(config.path("head_dim").intValue()).isEqualTo(8);
    TextModel pruned = TextModel.of(ModelDirectory.open(own.resolve("one")));
    TextModel whole = TextModel.of(ModelDirectory.open(model));
    assertThat(pruned.architecture().shapes().get("model.layers.0.self_attn.k_proj.weight"))
        .containsExactly(16, 32);
    assertThat(pruned.architecture().axes()).isNotEqualTo(whole.architecture().axes());
    assertThat(metric(report, "flops").after().orElseThrow())
        .isLessThanOrEqualTo(0.9 * metric(report, "flops").before().orElseThrow())
        .isEqualTo(metric(report, "flopsPerToken").after().orElseThrow() * 48);
    assertThat(report.change().get("constraints.flops.asked")).isEqualTo("90% per token");
    assertThat(report.metrics())
        .extracting(Metric::name)
        .containsExactlyElementsOf(stage.metrics(job(model, SPEC.formatted(""), "one", "any")));
  }

  @Test
  void experts_are_left_to_another_algorithm() throws IOException {
    String experts =
        ", \"num_experts\": 4, \"num_experts_per_tok\": 2, \"moe_intermediate_size\": 16";
    Path model = likeQwen("qwen3_moe", "Qwen3MoeForCausalLM", experts);

    assertThatThrownBy(() -> stage.check(job(model, SPEC.formatted(""), "one", "any")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("Qwen3MoeForCausalLM has experts, which GradNAS does not score");
  }

  private Path likeQwen(String type, String model, String more) throws IOException {
    String config =
        """
        {"model_type": "%s", "architectures": ["%s"], "vocab_size": 420, "hidden_size": 32,
         "head_dim": 8, "num_attention_heads": 4, "num_key_value_heads": 2,
         "num_hidden_layers": 2, "intermediate_size": 64, "max_position_embeddings": 64,
         "eos_token_id": 0 %s}
        """
            .formatted(type, model, more);
    return TextModels.write(own.resolve(type), config, squad().resolve("tokenizer.json"), 5);
  }

  @Test
  void what_cannot_be_done_is_refused_before_any_work() {
    assertThatThrownBy(() -> stage.check(job("qa", SPEC.formatted(",\"batches\":1000"), "one")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("prune.batches: 1000");
    assertThatThrownBy(
            () -> stage.check(job("qa", SPEC.formatted("").replace("48", "4800"), "one")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("4800 tokens");
    assertThatThrownBy(() -> stage.check(job("qa", SPEC.formatted("").replace("60%", "1%"), "one")))
        .isInstanceOf(InfeasibleException.class);
    assertThatThrownBy(
            () ->
                stage.check(
                    job("qa", SPEC.formatted(",\"output\":\"onnx\",\"scoreImages\":1"), "one")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("prune.output")
        .hasMessageContaining("prune.scoreImages: unknown");
    String residual = ",\"importance\":\"residual\",\"reconstruct\":\"off\"";
    assertThatThrownBy(() -> stage.check(job("qa", SPEC.formatted(residual), "one")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("prune.importance: residual")
        .hasMessageContaining("importance: gradient");
  }

  private float[] says(Path directory) {
    TextModel model = TextModel.of(ModelDirectory.open(directory));
    long[] ids = {2, 11, 12, 13, 3, 40, 41, 3};
    long[] mask = new long[ids.length];
    Arrays.fill(mask, 1);
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope();
        Weights weights = Weights.load(model.directory(), model.architecture())) {
      scope.suppressNotUsedWarning();
      var batch = new TokenBatch(1, ids.length, ids, mask, new long[ids.length], new long[0]);
      return model
          .network()
          .forward(weights, Tokens.of(manager, batch), ForwardHooks.NONE)
          .toFloatArray();
    }
  }

  private long gradientSteps() {
    return heard.stream().filter(each -> each.phase().equals("measuring gradients")).count();
  }

  private static Metric metric(StageReport report, String name) {
    return report.metrics().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private StageJob job(String model, String spec, String output) {
    return job(shared.resolve(model), spec, output, "checkpoints");
  }

  private StageJob job(String model, String spec, String output, String checkpoints) {
    return job(shared.resolve(model), spec, output, checkpoints);
  }

  private StageJob job(Path model, String spec, String output, String checkpoints) {
    Path texts = shared.resolve(model.endsWith("tagger") ? "words.conll" : "texts.txt");
    boolean asksNothing =
        Stream.of("embedding", "gpt2", "tagger", "qwen3", "qwen3_moe").anyMatch(model::endsWith);
    Path data = asksNothing ? texts : squad().resolve("squad.json");
    return new StageJob(
        "run",
        0,
        1,
        StageKind.PRUNE,
        spec,
        model,
        own.resolve(output),
        own.resolve(checkpoints),
        Map.of("eval", data.toUri()),
        7);
  }
}
