package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.stage.prune.PruneStage;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Cases of input that a stage of Minitron cannot use: what was wanted, what was found, where, and
 * what to do. All of it is refused by the check that comes before any work.
 */
final class MinitronBadInputTest {
  private static final String LLAMA = TextModels.LLAMA.formatted("llama", "LlamaForCausalLM", "");
  private static final String GPTJ =
      """
      {"model_type": "gptj", "architectures": ["GPTJForCausalLM"], "vocab_size": 420, "n_embd": 64,
       "n_layer": 2, "n_head": 8, "n_positions": 64, "rotary_dim": 8, "pad_token_id": 0}
      """;
  private static final String SMALLER = "'constraints':{'parameters':'80%'}";
  private static final String INDEX = "model.safetensors.index.json";
  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String SECOND = "model-00002-of-00002.safetensors";

  @TempDir Path folder;

  private final PruneStage stage = new PruneStage();
  private int length = 16;

  private Path model(String config) throws IOException {
    return TextModels.write(
        folder.resolve("model"),
        config,
        Golden.of("scores/squad-windows").directory().resolve("tokenizer.json"),
        1);
  }

  private Path llama() throws IOException {
    return model(LLAMA);
  }

  private StageJob job(Path model, String rest, String text) throws IOException {
    String spec =
        "{\"algorithm\":\"minitron\",\"batchSize\":4,\"maxLength\":%d,%s}"
            .formatted(length, rest.replace('\'', '"'));
    return new StageJob(
        "run",
        0,
        1,
        StageKind.PRUNE,
        spec,
        model,
        folder.resolve("output"),
        folder.resolve("checkpoints"),
        Map.of("eval", Files.writeString(folder.resolve("text.txt"), text).toUri()),
        7);
  }

  private List<String> problems(Path model, String rest) throws IOException {
    StageJob job = job(model, rest, TextModels.words(40, 5));
    return catchThrowableOfType(InvalidInputException.class, () -> stage.check(job)).problems();
  }

  @Test
  void a_budget_out_of_reach_says_what_can_be_reached_and_where() throws IOException {
    StageJob job = job(llama(), "'constraints':{'parameters':'10%'}", TextModels.words(40, 5));

    InfeasibleException refused =
        catchThrowableOfType(InfeasibleException.class, () -> stage.check(job));

    assertThat(refused.constraint()).isEqualTo("parameters");
    assertThat(refused.bound()).isEqualTo(20_179);
    assertThat(refused.smallest()).isEqualTo(103_080);
    assertThat(refused)
        .hasMessage(
            "constraint parameters: 10% allows at most 20,179 parameters, but the smallest"
                + " candidate (hidden 40, neurons 80, heads 8, groups 4, layers 4) has 103,080"
                + " (82,901 too many); raise the bound, or allow smaller ones by maxWidthPruning"
                + " (0.40), maxDepthPruning (0.20) or smaller divisors");
  }

  @Test
  void sizes_that_do_not_fit_are_named_all_at_once() throws IOException {
    String sizes =
        "'export':{'hidden_size':36,'ffn_hidden_size':100,'num_attention_heads':5,"
            + "'num_query_groups':2,'num_layers':9},'hiddenDivisor':8";

    assertThat(problems(llama(), sizes))
        .containsExactly(
            "prune.export.hidden_size: 36 is no multiple of 8; ask for another, or for a smaller"
                + " divisor",
            "prune.export.ffn_hidden_size: 100 is no multiple of 16; ask for another, or for a"
                + " smaller divisor",
            "prune.export.num_layers: wanted 1 to 4, as the model has, found 9",
            "prune.export.num_attention_heads: 5 heads are no multiple of 2 groups",
            "prune.export.hidden_size and num_attention_heads: hidden 36 is no multiple of 5 heads,"
                + " which transformers demands even though head_dim is given");
  }

  @Test
  void heads_that_loaders_could_not_tell_the_size_of_are_refused_before_any_work()
      throws IOException {
    assertThat(problems(model(GPTJ), "'export':{'hidden_size':48}"))
        .containsExactly(
            "prune.export.hidden_size and num_attention_heads: hidden 48 is not 8 heads of 8"
                + " channels, and its config.json has no place for the size of a head");
  }

  @Test
  void layers_of_their_own_and_sizes_for_all_exclude_each_other() throws IOException {
    assertThat(problems(llama(), "'export':{'num_layers':2},'perLayer':true"))
        .containsExactly(
            "prune.perLayer: wanted with constraints, since export gives all layers one size");
  }

  @Test
  void a_stream_that_nothing_but_its_channels_can_run_along_is_refused_before_any_work()
      throws IOException {
    Path model = model(GPTJ);

    assertThat(problems(model, SMALLER + ",'hidden':'rotation'"))
        .containsExactly(
            "prune.hidden: rotation wants a decoder whose stream RMSNorm reads, such as Llama, but %s is of family gptj: LayerNorm takes the mean of all channels out of the stream and shifts each of them, and no loader of the family has another normalisation; ask for hidden: channels"
                .formatted(model));
  }

  @Test
  void directions_of_a_stream_that_stays_are_refused() throws IOException {
    assertThat(problems(llama(), SMALLER + ",'perLayer':true,'hidden':'rotation'"))
        .containsExactly(
            "prune.hidden: rotation is for a narrower stream, which perLayer leaves as it is");
  }

  @Test
  void a_bound_of_latency_needs_memory_for_the_whole_model() throws IOException {
    Path model = llama();

    assertThat(problems(model, "'constraints':{'latency':'60%'},'activationMebibytes':0"))
        .containsExactly(
            "prune.constraints.latency: whole models are timed, but %s takes 807,168 bytes in float32 and activationMebibytes allows 0; allow more, or leave latency out"
                .formatted(model));
  }

  @Test
  void operations_for_all_tokens_and_for_each_are_one_bound() throws IOException {
    assertThat(problems(llama(), "'constraints':{'flops':'60%','flopsPerToken':1e5}"))
        .containsExactly(
            "prune.constraints.flopsPerToken: flops are the same for all tokens of a sequence"
                + " together; give one of them");
  }

  @Test
  void a_shard_that_is_not_there_is_named() throws IOException {
    Path model = sharded("");
    Files.delete(model.resolve(SECOND));

    assertThat(problems(model, SMALLER))
        .containsExactly(
            "%s: 1 of the 2 shards that %s names are not there: [%s]; put them into the directory"
                .formatted(model, INDEX, SECOND));
  }

  @Test
  void an_index_that_lists_tensors_that_no_shard_holds_is_of_another_export() throws IOException {
    Path model = sharded("\"model.layers.9.mlp.up_proj.weight\":\"%s\",".formatted(FIRST));

    assertThat(problems(model, SMALLER))
        .containsExactly(
            "%s: %s puts tensors [model.layers.9.mlp.up_proj.weight] into '%s', which does not hold them; take index and shards from the same export"
                .formatted(model, INDEX, FIRST));
  }

  /** The Llama in two shards, with more in its index. */
  private Path sharded(String more) throws IOException {
    Path directory = llama();
    ModelDirectory whole = ModelDirectory.open(directory);
    Map<String, Map<String, TensorData>> shards = new LinkedHashMap<>();
    Map<String, String> index = new LinkedHashMap<>();
    for (String tensor : whole.tensors().keySet()) {
      String shard = tensor.contains("layers.3.") ? SECOND : FIRST;
      shards.computeIfAbsent(shard, any -> new LinkedHashMap<>()).put(tensor, whole.read(tensor));
      index.put(tensor, shard);
    }
    shards.forEach((shard, tensors) -> SafetensorsWriter.write(directory.resolve(shard), tensors));
    Files.delete(directory.resolve("model.safetensors"));
    String listed =
        index.entrySet().stream()
            .map(entry -> "\"%s\":\"%s\"".formatted(entry.getKey(), entry.getValue()))
            .collect(Collectors.joining(","));
    Files.writeString(
        directory.resolve(INDEX),
        "{\"metadata\":{},\"weight_map\":{%s%s}}".formatted(more, listed));
    return directory;
  }

  @Test
  void text_that_fills_no_sequence_and_batches_that_are_not_there_are_told_together()
      throws IOException {
    StageJob job = job(llama(), SMALLER + ",'batches':999", "the old bridge\n");

    List<String> problems =
        catchThrowableOfType(InvalidInputException.class, () -> stage.check(job)).problems();

    assertThat(problems)
        .containsExactly(
            "data %s: its text is 6 tokens long, which is less than one sequence of 16; give more text, or a smaller maxLength"
                .formatted(folder.resolve("text.txt").toUri()),
            "prune.batches: 999 of 4 sequences are 3996, but the data of the search have 1; ask for"
                + " fewer, or leave it out to use what there is");
  }

  @Test
  void code_that_comes_with_a_model_is_never_run_whether_its_family_is_known_or_not()
      throws IOException {
    String remote = "{\"auto_map\": {\"AutoModelForCausalLM\": \"modeling_own.Own\"}, ";
    Path model = llama();

    Files.writeString(model.resolve("config.json"), LLAMA.replaceFirst("\\{", remote));
    assertThat(problems(model, SMALLER))
        .containsExactly(
            "config.json: auto_map names code that comes with the model, which is never run; found"
                + " {\"AutoModelForCausalLM\":\"modeling_own.Own\"}");
    Files.writeString(
        model.resolve("config.json"),
        LLAMA.replaceFirst("\\{", remote).replace("\"llama\"", "\"own\""));
    assertThat(problems(model, SMALLER))
        .singleElement()
        .asString()
        .startsWith("config.json: model_type \"own\" belongs to no known family; known families: ")
        .endsWith("; auto_map names code that comes with the model, which is never run");
  }

  @Test
  void a_quantized_checkpoint_is_refused_with_the_reason_and_the_way_out() throws IOException {
    Path model = llama();
    Files.writeString(
        model.resolve("config.json"),
        LLAMA.replaceFirst(
            "\\{", "{\"quantization_config\": {\"quant_method\": \"gptq\", \"bits\": 4}, "));

    assertThat(problems(model, SMALLER))
        .containsExactly(
            "config.json: quantization_config says that weights are stored as integers, which"
                + " cannot be cut or trained; take the model as it was before it was quantized,"
                + " found {\"quant_method\":\"gptq\",\"bits\":4}");
  }

  @Test
  void more_channels_than_a_head_has_cannot_be_turned() throws IOException {
    Path model = model(GPTJ);
    Files.writeString(
        model.resolve("config.json"), GPTJ.replace("\"rotary_dim\": 8", "\"rotary_dim\": 16"));

    assertThat(problems(model, SMALLER))
        .containsExactly(
            "config.json: rotary_dim must be even and at most the size of a head 8, found 16");
  }

  @Test
  void a_model_that_is_no_decoder_is_told_so() throws IOException {
    assertThat(problems(model(TextModels.BERT.formatted("BertForMaskedLM")), SMALLER))
        .containsExactly(
            "prune.algorithm: minitron prunes decoders for text-generation, but this one is of"
                + " family bert and for fill-mask");
  }

  @Test
  void sequences_longer_than_the_model_takes_are_refused() throws IOException {
    length = 65;

    assertThat(problems(llama(), SMALLER)).singleElement().asString().contains("65 tokens", "64");
  }

  @Test
  void a_specification_that_makes_no_sense_is_refused_with_all_that_is_wrong() throws IOException {
    Path model = llama();

    List<String> problems =
        problems(
            model,
            "'export':{'width':3,'num_layers':2,'num_hidden_layers':2},'constraints':{'memory':'50%','speed':1},"
                + "'perLayer':true,'topK':0,'maxWidthPruning':1.5,'score':'accuracy','shardSize':'big','stride':3");

    assertThat(problems)
        .anyMatch(each -> each.startsWith("prune.stride: unknown"))
        .anyMatch(each -> each.startsWith("prune.constraints and export: wanted one of them"))
        .anyMatch(each -> each.startsWith("prune.perLayer: wanted with constraints"))
        .anyMatch(each -> each.startsWith("prune.export.width: unknown"))
        .anyMatch(each -> each.startsWith("prune.export.num_hidden_layers: the same is said"))
        .anyMatch(each -> each.startsWith("prune.constraints.speed: unknown"))
        .anyMatch(each -> each.startsWith("prune.topK: wanted a whole number"))
        .anyMatch(each -> each.startsWith("prune.maxWidthPruning: wanted a number from 0"))
        .anyMatch(each -> each.startsWith("prune.score: wanted one of [loss, kl]"))
        .anyMatch(each -> each.startsWith("prune.shardSize: wanted a size such as 5GB"));
    assertThat(problems(model, "'constraints':{'memory':'50%'}"))
        .singleElement()
        .asString()
        .contains("constraints.memory: wanted with sequenceLength");
    assertThat(problems(model, "'topK':3"))
        .singleElement()
        .asString()
        .contains("constraints and export: wanted one of them, found neither");
  }
}
