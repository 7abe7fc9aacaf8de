package io.espalier.worker.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.Configs;
import io.espalier.worker.model.HalfNumbers;
import io.espalier.worker.model.RandomCuts;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Files as they lie on the hub: other names, tensors that nobody reads, heads without a golden. */
final class TextFilesTest {
  private static final double TOLERANCE = 2e-5;

  @TempDir private Path directory;
  private NDManager manager;
  private NDScope scope;

  @BeforeEach
  void open() {
    manager = PyTorch.newManager();
    scope = new NDScope();
    scope.suppressNotUsedWarning();
  }

  @AfterEach
  void close() {
    scope.close();
    manager.close();
  }

  @Test
  void bert_as_it_was_first_published() {
    Golden golden = Golden.of("bert-mlm");
    var tensors =
        renamed(
            golden,
            name ->
                name.replace("LayerNorm.weight", "LayerNorm.gamma")
                    .replace("LayerNorm.bias", "LayerNorm.beta"));
    tensors.put("bert.pooler.dense.weight", random(32, 32));
    tensors.put("bert.pooler.dense.bias", random(32));
    tensors.put("cls.seq_relationship.weight", random(2, 32));
    tensors.put("cls.seq_relationship.bias", random(2));
    tensors.put(
        "cls.predictions.decoder.weight", tensors.get("bert.embeddings.word_embeddings.weight"));
    tensors.put("bert.embeddings.position_ids", integers(1, 48));

    TextModel model = write(golden, "'architectures': ['BertForPreTraining']", tensors);

    Golden.assertClose(forward(model, golden), golden.read("expected", "logits"), TOLERANCE);
    assertThat(model.architecture().shapes()).containsOnlyKeys(tensors.keySet());
  }

  @Test
  void scores_of_tokens_have_a_weight_of_their_own_if_they_are_not_tied() {
    Golden golden = Golden.of("bert-mlm");
    var tensors = renamed(golden, UnaryOperator.identity());
    TensorData words = tensors.get("bert.embeddings.word_embeddings.weight");
    tensors.put("cls.predictions.decoder.weight", words);

    TextModel model = write(golden, "'tie_word_embeddings': false", tensors);

    Golden.assertClose(forward(model, golden), golden.read("expected", "logits"), TOLERANCE);
    var layers = model.architecture().layers();
    assertThat(layers.get(layers.size() - 1).weight()).isEqualTo("cls.predictions.decoder.weight");
  }

  @Test
  void a_head_that_is_tied_to_something_else_is_refused() {
    Golden golden = Golden.of("bert-mlm");
    var tensors = renamed(golden, UnaryOperator.identity());
    tensors.put("cls.predictions.decoder.weight", random(99, 32));

    assertThatThrownBy(() -> write(golden, "'use_cache': true", tensors))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(
            "ties 'cls.predictions.decoder.weight' to 'bert.embeddings.word_embeddings.weight'")
        .hasMessageContaining("the file holds both and they differ");
  }

  @Test
  void a_copy_of_the_embedding_is_cut_with_it() {
    Golden golden = Golden.of("llama-tied-rope-llama3-scaling");
    var tensors = renamed(golden, UnaryOperator.identity());
    tensors.put("lm_head.weight", tensors.get("model.embed_tokens.weight"));
    TextModel model = write(golden, "'use_cache': true", tensors);
    int hidden = model.network().hiddenSize();
    Path cut = directory.resolve("cut");

    Surgery.cut(
        model.directory(),
        RandomCuts.thawed(model.architecture()),
        new Kept(Map.of("hidden", IntStream.range(0, hidden / 2).map(i -> 2 * i).toArray())),
        cut);

    ModelDirectory narrow = ModelDirectory.open(cut);
    assertThat(narrow.tensors().get("lm_head.weight").shape()[1]).isEqualTo(hidden / 2);
    assertThat(narrow.sameNumbers("lm_head.weight", "model.embed_tokens.weight")).isTrue();
    assertThat(model.directory().sameNumbers("lm_head.weight", "model.norm.weight")).isFalse();
  }

  @Test
  void a_bias_that_is_tied_to_something_else_is_refused() {
    Golden golden = Golden.of("bert-mlm");
    var tensors = renamed(golden, UnaryOperator.identity());
    tensors.put("cls.predictions.decoder.bias", random(99));

    assertThatThrownBy(() -> write(golden, "'use_cache': true", tensors))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("ties 'cls.predictions.decoder.bias' to 'cls.predictions.bias'");
  }

  @ParameterizedTest
  @CsvSource({
    "bert-mlm, _orig_mod., names of all 42 tensors begin with '_orig_mod.'",
    "llama, module., begin with 'module.'",
    "llama, _orig_mod.module., begin with '_orig_mod.module.'",
    "llama, model., begin with 'model.'",
    "gpt2, transformer., begin with 'transformer.'"
  })
  void what_a_wrapper_puts_in_front_of_all_names_is_told_in_one_line(
      String name, String prefix, String problem) {
    Golden golden = Golden.of(name);
    var tensors = renamed(golden, prefix::concat);

    assertThatThrownBy(() -> write(golden, "'use_cache': true", tensors))
        .isInstanceOfSatisfying(
            InvalidInputException.class,
            refusal -> assertThat(refusal.problems()).singleElement().asString().contains(problem));
  }

  @ParameterizedTest
  @CsvSource({
    "bert-qa, bert., bert.bert.",
    "roberta-classifier, roberta., roberta.roberta.",
    "llama, model., model.model."
  })
  void what_is_in_front_of_names_twice_is_told_in_one_line(
      String name, String prefix, String doubled) {
    Golden golden = Golden.of(name);
    var tensors = renamed(golden, tensor -> tensor.startsWith(prefix) ? prefix + tensor : tensor);

    assertThatThrownBy(() -> write(golden, "'use_cache': true", tensors))
        .isInstanceOfSatisfying(
            InvalidInputException.class,
            refusal ->
                assertThat(refusal.problems())
                    .singleElement()
                    .asString()
                    .contains("begin with '" + doubled + "', twice the same"));
  }

  @Test
  void what_lacks_tensors_besides_is_told_tensor_by_tensor() {
    Golden golden = Golden.of("llama");
    var tensors = renamed(golden, "module."::concat);
    tensors.remove("module.lm_head.weight");

    assertThatThrownBy(() -> write(golden, "'use_cache': true", tensors))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("lm_head.weight");
  }

  @Test
  void gptj_scores_off_its_embedding_if_they_are_tied() {
    Golden golden = Golden.of("gptj");
    var tensors = renamed(golden, UnaryOperator.identity());
    tensors.put("transformer.wte.weight", tensors.get("lm_head.weight"));
    TextModel apart = write(golden, "'use_cache': true", tensors);
    float[] wanted = forward(apart, golden).toFloatArray();
    tensors.remove("lm_head.weight");

    TextModel tied = write(golden, "'tie_word_embeddings': true", tensors);

    assertThat(forward(tied, golden).toFloatArray()).containsExactly(wanted);
  }

  @Test
  void bert_as_sentence_transformers_publishes_it() {
    Golden golden = Golden.of("bert-qa");
    var tensors = renamed(golden, name -> name.replaceFirst("^bert\\.", ""));
    tensors.keySet().removeIf(name -> name.startsWith("qa_outputs"));
    tensors.put("pooler.dense.weight", random(32, 32));
    tensors.put("pooler.dense.bias", random(32));
    tensors.put("embeddings.position_ids", integers(1, 48));

    TextModel model = write(golden, "'architectures': ['BertModel']", tensors);

    float[] last = floats(golden.read("expected", "last_hidden_state"));
    long[] mask = golden.tokens(manager).mask().toLongArray();
    float[] found = forward(model, golden).toFloatArray();
    assertThat(found).hasSize(3 * 32);
    for (int i = 0; i < found.length; i++) {
      double sum = 0;
      double count = 0;
      for (int token = 0; token < 20; token++) {
        long real = mask[i / 32 * 20 + token];
        sum += real * last[(i / 32 * 20 + token) * 32 + i % 32];
        count += real;
      }
      assertThat((double) found[i]).isCloseTo(sum / count, within(2e-5));
    }
    assertThat(model.architecture().prunableAxes().get(0).name())
        .isEqualTo("encoder.layer.0.heads");
  }

  @Test
  void gpt2_as_it_was_first_published_and_cut() throws IOException {
    Golden golden = Golden.of("gpt2");
    var tensors = renamed(golden, name -> name.replaceFirst("^transformer\\.", ""));
    tensors.put("h.0.attn.bias", new TensorData(DType.BOOL, new long[] {1, 1, 4, 4}, bytes(16)));
    tensors.put("h.1.attn.masked_bias", new TensorData(DType.F32, new long[0], bytes(4)));
    tensors.put("lm_head.weight", tensors.get("wte.weight"));

    TextModel model = write(golden, "'use_cache': true", tensors);

    Golden.assertClose(forward(model, golden), golden.read("expected", "logits"), TOLERANCE);
    Path cut = directory.resolve("cut");
    Surgery.cut(
        model.directory(),
        model.architecture(),
        new Kept(Map.of("h.0.heads", new int[] {1}, "h.1.neurons", new int[] {0, 5})),
        cut);
    TextModel narrow = TextModel.of(ModelDirectory.open(cut));
    assertThat(narrow.architecture().shapes().get("h.0.attn.c_attn.weight"))
        .containsExactly(32, 24);
    assertThat(forward(narrow, golden).getShape().getShape()).containsExactly(3, 20, 96);
  }

  @ParameterizedTest
  @CsvSource({
    "bert-qa, bert.pooler.extra",
    "gpt2, transformer.h.0.attn.rotary",
    "gptj, lm_head.scale",
    "llama, model.layers.0.self_attn.q_norm.weight",
    "qwen2, model.layers.0.self_attn.o_proj.bias"
  })
  void a_tensor_of_which_nothing_is_known_is_an_error(String name, String extra) {
    Golden golden = Golden.of(name);
    var tensors = renamed(golden, UnaryOperator.identity());
    tensors.put(extra, random(4));

    assertThatThrownBy(() -> write(golden, "'use_cache': true", tensors))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'%s'".formatted(extra));
  }

  @Test
  void a_config_that_counts_other_tokens_than_the_file_is_an_error() {
    Golden golden = Golden.of("bert-qa");
    var tensors = renamed(golden, UnaryOperator.identity());

    assertThatThrownBy(() -> write(golden, "'vocab_size': 100", tensors))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("word_embeddings.weight': wanted shape [100, 32], found [99, 32]");
  }

  @Test
  void lists_and_pruned_heads_reopen_what_was_cut() throws IOException {
    TextModel model = TextModel.of(Golden.of("bert-qa").model());
    String block = "bert.encoder.layer.";
    Kept kept =
        new Kept(
            Map.of(block + "0.heads", new int[] {1, 3}, block + "1.neurons", new int[] {0, 9}));
    for (String said :
        new String[] {
          "{'num_attention_heads': [2, 4], 'head_dim': 8, 'intermediate_size': [64, 2]}",
          "{'pruned_heads': {'0': [0, 2]}, 'intermediate_size': [64, 2]}",
          "{}"
        }) {
      Path cut = Files.createTempDirectory(directory, "cut");
      Surgery.cut(model.directory(), model.architecture(), kept, cut);
      ObjectNode config = model.directory().config();
      config.setAll((ObjectNode) Configs.json(said));
      ModelDirectory.writeConfig(cut, config);

      TextModel reopened = TextModel.of(ModelDirectory.open(cut));

      assertThat(reopened.architecture()).isEqualTo(model.architecture().keep(kept));
    }
  }

  /** Two heads of 16 are no four heads of 8, though a half-cut tensor has room for either. */
  @Test
  void a_size_of_heads_that_the_tensors_are_no_multiple_of_is_an_error() {
    Golden golden = Golden.of("bert-qa");
    var tensors = renamed(golden, UnaryOperator.identity());

    assertThatThrownBy(() -> write(golden, "'num_attention_heads': 3, 'head_dim': 9", tensors))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("attention.self.query.weight': wanted shape [27, 32]");
  }

  @ParameterizedTest
  @CsvSource({
    "bert-qa, BertForTokenClassification, '', classifier, ALL",
    "roberta-classifier, RobertaForTokenClassification, '', classifier, ALL",
    "roberta-classifier, RobertaForQuestionAnswering, '', qa_outputs, ALL",
    "roberta-classifier, RobertaForMaskedLM, lm_head.dense GELU lm_head.layer_norm, lm_head, ALL",
    "distilbert-qa, DistilBertForTokenClassification, '', classifier, ALL",
    "distilbert-qa, DistilBertForSequenceClassification, pre_classifier RELU, classifier, FIRST",
    "distilbert-qa, DistilBertForMaskedLM, vocab_transform GELU vocab_layer_norm, vocab_projector,"
        + " ALL",
    "gpt2, GPT2ForSequenceClassification, '', score, LAST",
    "gptj, GPTJForSequenceClassification, '', score, LAST",
    "llama, LlamaForSequenceClassification, '', score, LAST",
    "mistral, MistralForSequenceClassification, '', score, LAST",
    "qwen3, Qwen3ForSequenceClassification, '', score, LAST",
  })
  void a_head_is_its_dense_layers_on_the_last_hidden_state(
      String name, String model, String inner, String output, TextHead.Reads reads) {
    Golden golden = Golden.of(name);
    var head = new NaiveHead(golden, model, inner, output);
    var tensors = renamed(golden, UnaryOperator.identity());
    tensors.keySet().removeIf(tensor -> tensor.matches("(classifier|qa_outputs|lm_head).*"));
    head.tensors().forEach(tensors::put);

    TextModel opened = write(golden, "'architectures': ['" + model + "']", tensors);

    float[] found = forward(opened, golden).toFloatArray();
    double[] wanted =
        head.of(
            floats(golden.read("expected", "last_hidden_state")),
            golden.tokens(manager).mask().toLongArray(),
            reads);
    assertThat(found).hasSize(wanted.length);
    for (int i = 0; i < found.length; i++) {
      assertThat((double) found[i]).isCloseTo(wanted[i], within(1e-4));
    }
  }

  @Test
  void llama_without_a_head_and_with_the_frequencies_of_older_files() {
    Golden golden = Golden.of("llama");
    var tensors = renamed(golden, name -> name.replaceFirst("^model\\.", ""));
    tensors.remove("lm_head.weight");
    tensors.put("layers.0.self_attn.rotary_emb.inv_freq", random(6));
    tensors.put("layers.1.self_attn.rotary_emb.inv_freq", random(6));

    TextModel model = write(golden, "'architectures': ['LlamaModel']", tensors);

    Weights weights = Weights.load(model.directory(), model.architecture(), manager);
    NDArray last = model.network().encode(weights, golden.tokens(manager), ForwardHooks.NONE);
    Golden.assertClose(last, golden.read("expected", "last_hidden_state"), TOLERANCE);
    assertThat(forward(model, golden).getShape().getShape()).containsExactly(3, 48);
  }

  @Test
  void llama_has_the_biases_that_its_config_says() {
    Golden golden = Golden.of("llama");
    var tensors = renamed(golden, UnaryOperator.identity());
    for (int i = 0; i < 2; i++) {
      String block = "model.layers." + i;
      for (String module : List.of("self_attn.q_proj", "self_attn.o_proj", "mlp.down_proj")) {
        tensors.put(block + "." + module + ".bias", zeros(48));
      }
      tensors.put(block + ".self_attn.k_proj.bias", zeros(24));
      tensors.put(block + ".self_attn.v_proj.bias", zeros(24));
      tensors.put(block + ".mlp.gate_proj.bias", zeros(96));
      tensors.put(block + ".mlp.up_proj.bias", zeros(96));
    }
    String both = "'attention_bias': true, 'mlp_bias': true";

    TextModel silent = write(golden, both, tensors);

    Golden.assertClose(forward(silent, golden), golden.read("expected", "logits"), TOLERANCE);
    for (String name : List.copyOf(tensors.keySet())) {
      if (name.endsWith(".bias")) {
        var changed = new TreeMap<>(tensors);
        changed.put(name, random(tensors.get(name).shape()));
        float[] with = forward(write(golden, both, changed), golden).toFloatArray();
        assertThat(with).as(name).isNotEqualTo(floats(golden.read("expected", "logits")));
        assertThat(largestDifference(with, floats(golden.read("expected", "logits"))))
            .as(name)
            .isGreaterThan(0.01);
      }
    }
  }

  /** A bias of queries, keys and values, but of nothing else, as transformers computed Qwen2. */
  @Test
  void qwen2_is_llama_with_biases_of_which_one_is_zero() {
    Golden golden = Golden.of("qwen2");
    var tensors = renamed(golden, UnaryOperator.identity());
    tensors.put("model.layers.0.self_attn.o_proj.bias", zeros(48));
    tensors.put("model.layers.1.self_attn.o_proj.bias", zeros(48));

    TextModel model =
        write(
            golden,
            "'model_type': 'llama', 'architectures': ['LlamaForCausalLM'], 'attention_bias': true",
            tensors);

    Golden.assertClose(forward(model, golden), golden.read("expected", "logits"), TOLERANCE);
  }

  /** Checks that numbers stored in fewer bits are computed as in float32. */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"BF16", "F16"})
  void llama_of_two_bytes_a_number_is_widened(DType type) throws IOException {
    Golden golden = Golden.of("llama");
    var wide = new TreeMap<String, TensorData>();
    var narrow = new TreeMap<String, TensorData>();
    renamed(golden, UnaryOperator.identity())
        .forEach(
            (name, tensor) -> {
              narrow.put(name, HalfNumbers.narrowed(tensor, type));
              wide.put(name, HalfNumbers.rounded(tensor, type));
            });
    float[] wanted = forward(write(golden, "'use_cache': true", wide), golden).toFloatArray();

    TextModel model = write(golden, "'dtype': 'bfloat16'", narrow);

    assertThat(forward(model, golden).toFloatArray()).containsExactly(wanted);
    assertThat(largestDifference(wanted, floats(golden.read("expected", "logits"))))
        .isBetween(1e-4, 1.0);
    Path cut = directory.resolve("cut");
    Kept kept = new Kept(Map.of("model.layers.1.neurons", new int[] {0, 5}));
    Surgery.cut(model.directory(), model.architecture(), kept, cut);
    TextModel smaller = TextModel.of(ModelDirectory.open(cut));
    assertThat(smaller.directory().tensors().get("lm_head.weight").dtype()).isEqualTo(type);
    float[] found = forward(smaller, golden).toFloatArray();
    Weights whole = Weights.load(model.directory(), model.architecture(), manager);
    NDArray inMemory =
        model.network().forward(whole.keep(kept), golden.tokens(manager), ForwardHooks.NONE);
    assertThat(found).containsExactly(inMemory.toFloatArray());
  }

  @Test
  void heads_that_cannot_share_keys_evenly_are_an_error() {
    Golden golden = Golden.of("qwen3");
    var tensors = renamed(golden, UnaryOperator.identity());
    tensors.put("model.layers.0.self_attn.q_proj.weight", random(48, 40));
    tensors.put("model.layers.0.self_attn.o_proj.weight", random(40, 48));

    assertThatThrownBy(() -> write(golden, "'use_cache': true", tensors))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("3 heads in 'model.layers.0.heads'")
        .hasMessageContaining("share the 2 of keys and values");
  }

  private static double largestDifference(float[] a, float[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> Math.abs(a[i] - b[i])).max().orElseThrow();
  }

  private static TensorData zeros(long size) {
    return new TensorData(DType.F32, new long[] {size}, bytes((int) size * Float.BYTES));
  }

  private TextModel write(Golden golden, String change, Map<String, TensorData> tensors) {
    ObjectNode config = (ObjectNode) golden.config();
    config.setAll((ObjectNode) Configs.json("{" + change + "}"));
    ModelDirectory.writeConfig(directory, config);
    SafetensorsWriter.write(directory.resolve("model.safetensors"), tensors);
    return TextModel.of(ModelDirectory.open(directory));
  }

  private NDArray forward(TextModel model, Golden golden) {
    Weights weights = Weights.load(model.directory(), model.architecture(), manager);
    return Tensors.scale(
        model.network().forward(weights, golden.tokens(manager), ForwardHooks.NONE), 1);
  }

  private static Map<String, TensorData> renamed(Golden golden, UnaryOperator<String> names) {
    var tensors = new TreeMap<String, TensorData>();
    SafetensorsFile file = SafetensorsFile.open(golden.directory().resolve("model.safetensors"));
    file.tensors().keySet().forEach(name -> tensors.put(names.apply(name), file.read(name)));
    return tensors;
  }

  static float[] floats(TensorData tensor) {
    ByteBuffer bytes = tensor.bytes().order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  static TensorData random(long... shape) {
    int size = 1;
    for (long side : shape) {
      size *= (int) side;
    }
    var random = new Random(size);
    ByteBuffer bytes = bytes(size * Float.BYTES);
    for (int i = 0; i < size; i++) {
      bytes.putFloat((float) random.nextGaussian() / 4);
    }
    return new TensorData(DType.F32, shape, bytes.flip());
  }

  private static TensorData integers(long... shape) {
    int size = (int) (shape[0] * shape[1]);
    return new TensorData(DType.I64, shape, bytes(size * Long.BYTES));
  }

  private static ByteBuffer bytes(int size) {
    return ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
