package io.espalier.worker.stage.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.fact.CandidateFact;
import io.espalier.fact.WidthFact;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.stage.TextModels;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Prunings by Minitron from files to files. */
final class MinitronPrunerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LENGTH = 16;

  private static final String EXPERTS =
      """
      , "num_experts_per_tok": 2, "num_local_experts": 6, "num_experts": 6,
       "moe_intermediate_size": 48, "decoder_sparse_step": 2, "norm_topk_prob": true
      """;

  @TempDir static Path shared;
  @TempDir Path own;

  private final PruneStage stage = new PruneStage();
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
        shared.resolve("tied"),
        TextModels.LLAMA
            .formatted("llama", "LlamaForCausalLM", "")
            .replace("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true"),
        tokenizer,
        3);
    TextModels.write(
        shared.resolve("qwen3"),
        TextModels.LLAMA.formatted(
            "qwen3",
            "Qwen3ForCausalLM",
            ", \"layer_types\": [\"full_attention\", \"full_attention\", \"full_attention\","
                + " \"full_attention\"], \"made_by\": {\"kept\": [1, 2]}"),
        tokenizer,
        2);
    TextModels.write(
        shared.resolve("mixtral"),
        TextModels.LLAMA.formatted("mixtral", "MixtralForCausalLM", EXPERTS),
        tokenizer,
        4);
    TextModels.write(
        shared.resolve("qwen2_moe"),
        TextModels.LLAMA.formatted(
            "qwen2_moe",
            "Qwen2MoeForCausalLM",
            EXPERTS + ", \"shared_expert_intermediate_size\": 96"),
        tokenizer,
        6);
    TextModels.write(
        shared.resolve("qwen3_moe"),
        TextModels.LLAMA.formatted("qwen3_moe", "Qwen3MoeForCausalLM", EXPERTS),
        tokenizer,
        5);
    Files.writeString(shared.resolve("text.txt"), TextModels.words(40, 5));
  }

  private static String spec(String rest) {
    return "{\"algorithm\":\"minitron\",\"batchSize\":4,\"batches\":3,\"maxLength\":%d,%s}"
        .formatted(LENGTH, rest.replace('\'', '"'));
  }

  private StageReport run(String model, String rest, String output) {
    return stage.run(job(shared.resolve(model), spec(rest), output, "checkpoints"), heard::add);
  }

  private StageJob job(Path model, String spec, String output, String checkpoints) {
    return new StageJob(
        "run",
        0,
        1,
        StageKind.PRUNE,
        spec,
        model,
        own.resolve(output),
        own.resolve(checkpoints),
        Map.of("eval", shared.resolve("text.txt").toUri()),
        7);
  }

  private JsonNode config(String output) throws IOException {
    return JSON.readTree(own.resolve(output).resolve("config.json").toFile());
  }

  private static Metric metric(StageReport report, String name) {
    return report.metrics().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private long passes() {
    return heard.stream().filter(each -> each.phase().equals("measuring activations")).count();
  }

  /** The loss of a model in files, by loading it whole. */
  private double loss(Path directory) {
    TextModel model = TextModel.of(ModelDirectory.open(directory), LENGTH);
    var settings = new TextSettings(OptionalInt.of(LENGTH), OptionalInt.empty(), 7);
    TextDataset data =
        TextDatasets.open(
            shared.resolve("text.txt").toUri(), model.network().input(), directory, settings);
    try (Weights weights = Weights.load(model.directory(), model.architecture())) {
      return TextEvaluation.tally(model.network(), weights, data, 4, Progress.Listener.NONE).loss();
    }
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "llama, 'hidden_size': 48, 'ffn_hidden_size': 96",
        "llama, 'num_attention_heads': 4, 'num_query_groups': 4",
        "qwen3, 'num_attention_heads': 4, 'num_key_value_heads': 2",
        "llama, 'num_layers': 3, 'intermediate_size': 64",
        "qwen3, 'num_hidden_layers': 2, 'hidden_size': 32",
        "mixtral, 'num_local_experts': 3, 'moe_intermediate_size': 64",
        "mixtral, 'num_moe_experts': 2, 'num_layers': 3",
        "qwen2_moe, 'num_experts': 4, 'moe_shared_expert_intermediate_size': 32",
        "qwen3_moe, 'num_experts': 4, 'moe_ffn_hidden_size': 24",
        "qwen3_moe, 'num_moe_experts': 5, 'num_hidden_layers': 2",
        "qwen3_moe, 'intermediate_size': 64, 'hidden_size': 48"
      })
  void sizes_that_are_asked_for_come_out(String model, String one, String other)
      throws IOException {
    StageReport report =
        run(model, "'export':{%s,%s},'activationMebibytes':0".formatted(one, other), "out");

    JsonNode asked = JSON.readTree(("{" + one + "," + other + "}").replace('\'', '"'));
    JsonNode before = JSON.readTree(shared.resolve(model).resolve("config.json").toFile());
    JsonNode after = config("out");
    Map<String, String> names =
        Map.of(
            "ffn_hidden_size", "intermediate_size",
            "num_query_groups", "num_key_value_heads",
            "num_layers", "num_hidden_layers",
            "num_moe_experts", model.equals("mixtral") ? "num_local_experts" : "num_experts",
            "moe_ffn_hidden_size", "moe_intermediate_size",
            "moe_shared_expert_intermediate_size", "shared_expert_intermediate_size",
            "moe_intermediate_size",
                model.equals("mixtral") ? "intermediate_size" : "moe_intermediate_size");
    assertThat(asked).hasSize(2);
    asked
        .properties()
        .forEach(
            size ->
                assertThat(after.path(names.getOrDefault(size.getKey(), size.getKey())))
                    .isEqualTo(size.getValue()));
    assertThat(after.path("head_dim").intValue()).isEqualTo(8);
    assertThat(after.path("rope_theta")).isEqualTo(before.path("rope_theta"));
    assertThat(after.path("made_by")).isEqualTo(before.path("made_by"));
    if (model.equals("qwen3")) {
      assertThat(after.path("layer_types")).hasSize(after.path("num_hidden_layers").intValue());
    }
    assertThat(report.loadsIn()).contains("espalier", "transformers");
    assertThat(own.resolve("out/tokenizer.json")).exists();
    assertThat(metric(report, "loss").after().orElseThrow())
        .isCloseTo(loss(own.resolve("out")), within(1e-5));
    assertThat(metric(report, "loss").before().orElseThrow())
        .isCloseTo(loss(shared.resolve(model)), within(1e-5));
  }

  @Test
  void the_best_of_the_largest_candidates_comes_out_and_all_are_told_of() throws IOException {
    String asked = "'constraints':{'parameters':'75%'},'maxDepthPruning':0.5,'topK':6";
    StageReport report = run("llama", asked, "out");

    Map<String, String> change = report.change();
    Metric parameters = metric(report, "parameters");
    assertThat(parameters.after().orElseThrow())
        .isLessThanOrEqualTo(0.75 * parameters.before().orElseThrow())
        .isGreaterThan(0.7 * parameters.before().orElseThrow());
    int chosen = Integer.parseInt(change.get("candidate.chosen"));
    double best = Double.parseDouble(change.get("candidate." + chosen + ".loss"));
    long larger = Long.MAX_VALUE;
    for (int i = 1; i <= 6; i++) {
      assertThat(Double.parseDouble(change.get("candidate." + i + ".loss")))
          .isGreaterThanOrEqualTo(best);
      long size = Long.parseLong(change.get("candidate." + i + ".parameters"));
      assertThat(size).isLessThanOrEqualTo(larger);
      larger = size;
    }
    assertThat(change).doesNotContainKey("candidate.7.sizes");
    List<CandidateFact> candidates = report.facts().candidates();
    assertThat(candidates).hasSize(6);
    assertThat(candidates.stream().filter(CandidateFact::chosen))
        .singleElement()
        .isEqualTo(candidates.get(chosen - 1))
        .satisfies(
            each -> {
              assertThat(each.score()).contains(new CandidateFact.Score("loss", best));
              assertThat(each.cost())
                  .containsEntry("parameters", (long) parameters.after().orElseThrow());
              assertThat(each.sizes().get("hidden_size"))
                  .isEqualTo(config("out").path("hidden_size").intValue());
              assertThat(each.layers()).hasSize(config("out").path("num_hidden_layers").intValue());
            });
    assertThat(change.get("candidate." + chosen + ".parameters"))
        .isEqualTo(Long.toString((long) parameters.after().orElseThrow()));
    assertThat(report.metrics())
        .extracting(Metric::name)
        .containsExactly(
            "parameters",
            "flops",
            "flopsPerToken",
            "bytes",
            "loss",
            "perplexity",
            "lossAsCut",
            "latencyMillis")
        .containsExactlyElementsOf(
            stage.metrics(job(shared.resolve("llama"), spec(asked), "two", "any")));
    assertThat(metric(report, "bytes").after())
        .hasValue((double) Files.size(own.resolve("out/model.safetensors")));
    JsonNode made = JSON.readTree(own.resolve("out/espalier.json").toFile());
    JsonNode stageMade = made.path("stages").path(0);
    assertThat(stageMade.path("algorithm").asText()).isEqualTo("minitron");
    assertThat(stageMade.path("change").path("candidate.1.sizes").asText()).startsWith("hidden ");
    assertThat(stageMade.path("kept").isObject()).isTrue();
  }

  /** The largest candidates lose experts or layers, of which every second one has experts. */
  @ParameterizedTest
  @CsvSource({
    "mixtral, 'parameters':'60%'",
    "mixtral, 'flops':'70%'",
    "qwen2_moe, 'parameters':'65%'",
    "qwen3_moe, 'flops':'75%'"
  })
  void a_search_among_experts_keeps_within_its_budget_and_foretells_what_comes_out(
      String model, String constraint) throws IOException {
    String asked =
        "'constraints':{%s},'maxDepthPruning':0.5,'neuronDivisor':16,'topK':4,'activationMebibytes':0"
            .formatted(constraint);

    StageReport report = run(model, asked, "out");

    Map<String, String> change = report.change();
    String chosen = "candidate." + change.get("candidate.chosen");
    for (String exact : List.of("parameters", "flops")) {
      assertThat(change.get(chosen + "." + exact))
          .isEqualTo(Long.toString((long) metric(report, exact).after().orElseThrow()));
    }
    String bounded = constraint.contains("flops") ? "flops" : "parameters";
    long limit = Long.parseLong(change.get("constraints." + bounded + ".limit"));
    for (int i = 1; i <= 4; i++) {
      assertThat(Long.parseLong(change.get("candidate.%d.%s".formatted(i, bounded))))
          .isLessThanOrEqualTo(limit);
      assertThat(change.get("candidate.%d.sizes".formatted(i)))
          .containsPattern("experts [2-6], neurons of an expert \\d+, (neurons of the )?(sh|h)");
    }
    assertThat(config("out").path("num_experts_per_tok").intValue()).isEqualTo(2);
    assertThat(
            JSON.readTree(own.resolve("out/report.json").toFile())
                .at("/units")
                .findValuesAsText("kind")
                .contains("neurons of shared experts"))
        .isEqualTo(model.equals("qwen2_moe"));
    assertThat(report.loadsIn()).contains("espalier", "transformers");
    assertThat(metric(report, "loss").after().orElseThrow())
        .isCloseTo(loss(own.resolve("out")), within(1e-5));
    heard.clear();
    run(model, asked, "again");
    assertThat(passes()).as("scores are kept").isZero();
    assertThat(own.resolve("again/model.safetensors"))
        .hasSameBinaryContentAs(own.resolve("out/model.safetensors"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen3", "mixtral", "qwen3_moe", "tied"})
  void a_stream_is_rotated_and_cut_and_opens_as_it_was_measured(String model) throws IOException {
    String asked = "'export':{'hidden_size':48},'hidden':'rotation','activationMebibytes':0";
    StageReport report = run(model, asked, "out");

    assertThat(config("out").path("hidden_size").intValue()).isEqualTo(48);
    assertThat(config("out").path("tie_word_embeddings").asBoolean()).isFalse();
    assertThat(report.change())
        .containsEntry("hidden", "rotation")
        .containsEntry("stream.directions", "48")
        .containsEntry("widths.hidden", "64 -> 48");
    assertThat(report.change().get("stream")).startsWith("its 48 strongest of 64 directions");
    assertThat(Optional.ofNullable(report.change().get("stream.untied")))
        .isEqualTo(model.equals("tied") ? Optional.of("lm_head.weight") : Optional.empty());
    assertThat(Double.parseDouble(report.change().get("stream.length"))).isBetween(0.5, 1.0);
    assertThat(report.loadsIn()).contains("espalier", "transformers");
    assertThat(metric(report, "loss").after().orElseThrow())
        .isCloseTo(loss(own.resolve("out")), within(1e-5));
    assertThat(metric(report, "loss").before().orElseThrow())
        .isCloseTo(loss(shared.resolve(model)), within(1e-5));
    assertThat(own.resolve("checkpoints/minitron-rotated")).doesNotExist();
    heard.clear();
    run(model, asked, "again");
    assertThat(heard).noneMatch(each -> each.phase().equals("measuring directions of the stream"));
    assertThat(passes()).as("scores are kept").isZero();
    assertThat(own.resolve("again/model.safetensors"))
        .hasSameBinaryContentAs(own.resolve("out/model.safetensors"));
  }

  @Test
  void a_stream_that_stays_is_not_rotated() {
    String asked = "'export':{'ffn_hidden_size':96}";
    run("llama", asked, "one");
    StageReport report = run("llama", asked + ",'hidden':'rotation'", "two");

    assertThat(own.resolve("two/model.safetensors"))
        .hasSameBinaryContentAs(own.resolve("one/model.safetensors"));
    assertThat(report.change()).doesNotContainKey("stream");
    assertThat(heard).noneMatch(each -> each.phase().equals("measuring directions of the stream"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "tied"})
  void a_search_with_rotation_keeps_within_a_budget_of_the_original(String model) {
    StageReport report =
        run(
            model,
            "'constraints':{'parameters':'70%'},'hidden':'rotation','topK':4,'maxDepthPruning':0",
            "out");

    Metric parameters = metric(report, "parameters");
    assertThat(parameters.after().orElseThrow())
        .isLessThanOrEqualTo(0.7 * parameters.before().orElseThrow());
    assertThat(report.change()).containsKey("stream");
    assertThat(metric(report, "loss").after().orElseThrow())
        .isCloseTo(loss(own.resolve("out")), within(1e-5));
  }

  /** Of all experts of a layer one line tells how wide they are. */
  @Test
  void a_model_with_experts_is_pruned_again_and_told_of_in_few_lines() throws IOException {
    StageReport first =
        run(
            "qwen3_moe",
            "'export':{'num_moe_experts':4,'moe_ffn_hidden_size':24},'activationMebibytes':0",
            "one");

    stage.run(
        job(
            own.resolve("one"),
            spec(
                "'export':{'num_moe_experts':2,'num_layers':2,'hidden_size':32},'activationMebibytes':0"),
            "two",
            "any"),
        heard::add);

    assertThat(first.change())
        .containsEntry("widths.model.layers.1.experts", "6 -> 4")
        .containsEntry("widths.model.layers.1.mlp.experts.*.neurons", "48 -> 24")
        .containsEntry("widths.model.layers.3.mlp.experts.*.neurons", "48 -> 24");
    assertThat(first.facts().widths())
        .containsExactlyInAnyOrder(
            new WidthFact("model.layers.1.experts", "experts", "model.layers.1", 6, 4),
            new WidthFact("model.layers.3.experts", "experts", "model.layers.3", 6, 4),
            new WidthFact(
                "model.layers.1.mlp.experts.*.neurons",
                "neurons",
                "model.layers.1.mlp.experts.*",
                48,
                24),
            new WidthFact(
                "model.layers.3.mlp.experts.*.neurons",
                "neurons",
                "model.layers.3.mlp.experts.*",
                48,
                24));
    assertThat(first.change().keySet().stream().filter(key -> key.startsWith("widths.")))
        .hasSize(4);
    JsonNode config = config("two");
    assertThat(config.path("num_experts").intValue()).isEqualTo(2);
    assertThat(config.path("moe_intermediate_size").intValue()).isEqualTo(24);
    assertThat(loss(own.resolve("two"))).isPositive();
  }

  @Test
  void other_sizes_need_no_pass_and_the_same_job_leaves_the_same_bits() {
    String asked = "'constraints':{'parameters':'80%'},'topK':3";
    run("llama", asked, "one");
    assertThat(passes()).isEqualTo(4);
    heard.clear();

    run("llama", asked, "two");
    run("llama", "'export':{'hidden_size':32}", "three");

    assertThat(passes()).isZero();
    assertThat(own.resolve("two/model.safetensors"))
        .hasSameBinaryContentAs(own.resolve("one/model.safetensors"));
    assertThat(own.resolve("two/config.json"))
        .hasSameTextualContentAs(own.resolve("one/config.json"));
    stage.run(
        job(shared.resolve("llama"), spec(asked + ",'activationMebibytes':0"), "four", "elsewhere"),
        heard::add);
    assertThat(passes()).isEqualTo(4);
    assertThat(own.resolve("four/model.safetensors"))
        .hasSameBinaryContentAs(own.resolve("one/model.safetensors"));
  }

  @Test
  void memory_counts_keys_and_values_of_as_many_tokens_as_is_said() throws IOException {
    StageReport report =
        run(
            "llama",
            "'constraints':{'memory':'70%','sequenceLength':1000,'batchSize':2},'topK':2",
            "out");

    JsonNode config = config("out");
    long cached =
        4L
            * 1000
            * 2
            * 2
            * 8
            * config.path("num_key_value_heads").intValue()
            * config.path("num_hidden_layers").intValue();
    long header = header("out");
    assertThat(metric(report, "memory").after().orElseThrow())
        .isEqualTo((double) (cached + Files.size(own.resolve("out/model.safetensors")) - header));
    assertThat(metric(report, "memory").after().orElseThrow())
        .isLessThanOrEqualTo(0.7 * metric(report, "memory").before().orElseThrow());
  }

  private long header(String output) throws IOException {
    byte[] bytes = Files.readAllBytes(own.resolve(output).resolve("model.safetensors"));
    return 8 + java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong();
  }

  @ParameterizedTest
  @CsvSource({"'flops':'70%', 'flopsPerToken':'70%'", "'flops':4e6, 'flopsPerToken':250000"})
  void operations_per_token_are_bounded_as_those_of_a_sequence_are(String all, String perToken) {
    StageReport ofAll =
        run("llama", "'constraints':{%s},'topK':2,'activationMebibytes':0".formatted(all), "one");

    StageReport each =
        run(
            "llama",
            "'constraints':{%s},'topK':2,'activationMebibytes':0".formatted(perToken),
            "two");

    assertThat(own.resolve("two/model.safetensors"))
        .hasSameBinaryContentAs(own.resolve("one/model.safetensors"));
    assertThat(each.change().get("constraints.flops.asked")).endsWith(" per token");
    assertThat(each.change().get("constraints.flops.limit"))
        .isEqualTo(ofAll.change().get("constraints.flops.limit"));
    assertThat(metric(each, "flopsPerToken").after().orElseThrow())
        .isEqualTo(metric(each, "flops").after().orElseThrow() / LENGTH);
    assertThat(metric(each, "flopsPerToken").before().orElseThrow())
        .isEqualTo(metric(each, "flops").before().orElseThrow() / LENGTH);
  }

  @Test
  void layers_may_differ_and_then_only_own_loaders_open_the_result() throws IOException {
    StageReport report =
        run(
            "llama",
            "'constraints':{'parameters':'80%'},'perLayer':true,'neuronDivisor':4,'maxWidthPruning':0.9",
            "out");

    JsonNode config = config("out");
    assertThat(config.path("intermediate_size").isArray()).isTrue();
    assertThat(config.path("num_key_value_heads").intValue()).isEqualTo(4);
    assertThat(report.loadsIn()).doesNotContain("transformers");
    Metric parameters = metric(report, "parameters");
    assertThat(parameters.after().orElseThrow())
        .isLessThanOrEqualTo(0.8 * parameters.before().orElseThrow());
    assertThat(metric(report, "loss").after().orElseThrow())
        .isCloseTo(loss(own.resolve("out")), within(1e-5));
  }

  @Test
  void candidates_may_be_compared_by_divergence_and_layers_go_as_a_block() {
    StageReport report =
        run(
            "llama",
            "'constraints':{'flops':'70%'},'score':'kl','depth':'contiguous','maxDepthPruning':0.5,'topK':3",
            "out");

    assertThat(report.change()).containsKey("candidate.3.kl");
    assertThat(report.change().get("depth")).isEqualTo("contiguous");
    for (int i = 1; i <= 3; i++) {
      List<Integer> layers = new ArrayList<>();
      String text = report.change().get("candidate." + i + ".layers");
      for (String layer : text.substring(1, text.length() - 1).split(", ", -1)) {
        layers.add(Integer.parseInt(layer));
      }
      int jumps = 0;
      for (int j = 1; j < layers.size(); j++) {
        jumps += layers.get(j) > layers.get(j - 1) + 1 ? 1 : 0;
      }
      assertThat(jumps).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void a_model_that_was_pruned_is_pruned_again() throws IOException {
    run("llama", "'export':{'num_layers':3,'ffn_hidden_size':96}", "one");

    stage.run(
        job(own.resolve("one"), spec("'export':{'num_layers':2,'hidden_size':48}"), "two", "any"),
        heard::add);

    JsonNode config = config("two");
    assertThat(config.path("num_hidden_layers").intValue()).isEqualTo(2);
    assertThat(config.path("intermediate_size").intValue()).isEqualTo(96);
    JsonNode made = JSON.readTree(own.resolve("two/espalier.json").toFile());
    assertThat(made.path("stages")).hasSize(2);
    assertThat(made.path("stages").path(1).path("kept").path("layers")).hasSize(2);
  }

  @Test
  void the_result_may_be_spread_over_files() {
    run("llama", "'export':{'num_layers':3},'shardSize':'100KB','activationMebibytes':0", "out");

    ModelDirectory result = ModelDirectory.open(own.resolve("out"));
    assertThat(result.sharded()).isTrue();
    assertThat(TextModel.of(result).architecture().stacks().get(0).axis().units()).isEqualTo(3);
  }

  @Test
  void what_cannot_be_asked_of_experts_is_refused_before_any_work() {
    assertThat(problems("mixtral", spec("'export':{'num_experts':1}")))
        .singleElement()
        .asString()
        .contains("1 are fewer than the 2 experts that each token has (num_experts_per_tok)");
    assertThat(problems("mixtral", spec("'export':{'intermediate_size':64}")))
        .singleElement()
        .asString()
        .contains("ask for moe_ffn_hidden_size or moe_intermediate_size");
    assertThat(problems("llama", spec("'export':{'num_experts':4}")))
        .singleElement()
        .asString()
        .contains("num_moe_experts: the model has no experts");
    assertThat(
            problems(
                "qwen3_moe",
                spec("'export':{'num_moe_experts':4,'num_experts':4},'expertDivisor':0")))
        .anyMatch(each -> each.contains("export.num_experts: the same is said by another of"))
        .anyMatch(each -> each.contains("prune.expertDivisor: wanted a whole number"));
    assertThat(problems("qwen3_moe", spec("'export':{'num_moe_experts':5},'expertDivisor':2")))
        .singleElement()
        .asString()
        .contains("num_moe_experts: 5 is no multiple of 2");
    assertThat(problems("qwen3_moe", spec("'constraints':{'parameters':'80%'},'perLayer':true")))
        .singleElement()
        .asString()
        .contains("prune.perLayer: wanted with models without experts")
        .contains("in 2 layers");
    assertThat(problems("mixtral", spec("'constraints':{'flops':'90%','latency':'80%'}")))
        .singleElement()
        .asString()
        .contains("prune.constraints.latency: wanted with models without experts")
        .contains("in 4 layers; bound flops instead");
  }

  private List<String> problems(String model, String spec) {
    return catchThrowableOfType(
            InvalidInputException.class,
            () -> stage.check(job(shared.resolve(model), spec, "out", "any")))
        .problems();
  }

  @Test
  void a_model_that_says_no_numbers_is_refused() throws IOException {
    Path broken =
        TextModels.write(
            own.resolve("broken"),
            TextModels.LLAMA.formatted("llama", "LlamaForCausalLM", ""),
            Golden.of("scores/squad-windows").directory().resolve("tokenizer.json"),
            1,
            Map.of("model.layers.1.mlp.down_proj.weight", Double.NaN));

    assertThatThrownBy(
            () ->
                stage.run(
                    job(broken, spec("'export':{'hidden_size':32}"), "out", "any"), heard::add))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("scores are not numbers; are its weights damaged?");
    assertThat(passes()).isZero();
  }

  @Test
  void candidates_are_compared_once_they_have_learned() throws IOException {
    Path texts = own.resolve("long.txt");
    Files.writeString(texts, TextModels.words(60, 5));
    String asked =
        "'constraints':{'parameters':'70%'},'topK':2,'hiddenDivisor':8,'neuronDivisor':16,"
            + "'rankAfter':{'steps':2},'reconstruct':'off'";

    StageReport report = ranked(asked, texts, "ranked");
    long trainings = heard.stream().filter(each -> each.phase().startsWith("training")).count();
    heard.clear();
    ranked(asked, texts, "ranked-again");

    double first = learnt(report, 1);
    double second = learnt(report, 2);
    assertThat(first).isNotEqualTo(second);
    assertThat(report.change()).containsEntry("candidate.chosen", first <= second ? "1" : "2");
    assertThat(trainings).isEqualTo(4);
    assertThat(heard).noneMatch(each -> each.phase().startsWith("training"));
    assertThat(own.resolve("checkpoints/candidate")).doesNotExist();
    assertThat(own.resolve("ranked-again/model.safetensors"))
        .hasSameBinaryContentAs(own.resolve("ranked/model.safetensors"));
  }

  private StageReport ranked(String asked, Path texts, String output) {
    return stage.run(ranking(asked, texts, output), heard::add);
  }

  private StageJob ranking(String asked, Path texts, String output) {
    StageJob job = job(shared.resolve("llama"), spec(asked), output, "checkpoints");
    return new StageJob(
        job.runId(),
        job.stageIndex(),
        job.attempt(),
        job.kind(),
        job.spec(),
        job.input(),
        job.output(),
        job.checkpoints(),
        Map.of("eval", texts.toUri()),
        job.seed());
  }

  private static double learnt(StageReport report, int candidate) {
    return Double.parseDouble(
        report.change().get("candidate.%d.lossAfterLearning".formatted(candidate)));
  }

  @Test
  void candidates_do_not_learn_from_too_little_or_where_there_are_none() throws IOException {
    Path few = own.resolve("few.txt");
    Files.writeString(few, TextModels.words(12, 5));
    String constraints = "'constraints':{'parameters':'70%'},'rankAfter':{'steps':2}";
    assertThatThrownBy(() -> stage.check(ranking(constraints, few, "none")))
        .hasMessageContaining("prune.rankAfter: candidates learn in steps of 16 sequences");
    assertThatThrownBy(
            () ->
                stage.check(
                    job(
                        shared.resolve("llama"),
                        spec("'export':{'num_layers':2},'rankAfter':{'steps':2}"),
                        "none",
                        "checkpoints")))
        .hasMessageContaining("rankAfter: wanted with constraints");
    assertThatThrownBy(
            () ->
                stage.check(
                    job(
                        shared.resolve("llama"),
                        spec(constraints + ",'activationMebibytes':0"),
                        "none",
                        "checkpoints")))
        .hasMessageContaining("prune.rankAfter: candidates learn as whole models");
  }
}
