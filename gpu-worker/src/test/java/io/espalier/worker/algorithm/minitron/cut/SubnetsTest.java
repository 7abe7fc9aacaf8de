package io.espalier.worker.algorithm.minitron.cut;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.minitron.GoldenTexts;
import io.espalier.worker.algorithm.minitron.measure.ActivationMeasurement;
import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.ImportanceCriterion;
import io.espalier.worker.algorithm.minitron.measure.LayerActivationScores;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward;
import io.espalier.worker.algorithm.minitron.measure.MemoryLimits;
import io.espalier.worker.algorithm.minitron.measure.ScoreAggregation;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.minitron.measure.TokenBatches;
import io.espalier.worker.algorithm.minitron.measure.UnitSelection;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Smaller subnets of models, in memory and in files, against those of Hugging Face's library. */
final class SubnetsTest {
  /** Tokens of the vocabulary in a slice where several are wanted; of no vocabulary a part. */
  private static final int SLICE = 14;

  @TempDir Path own;

  private static DecoderBlueprint blueprint(Path directory) {
    return DecoderBlueprint.of(TextModel.of(ModelDirectory.open(directory)));
  }

  private static MemoryLimits sliced(DecoderBlueprint blueprint) {
    return new MemoryLimits(0, (long) SLICE * blueprint.hidden().units() * Float.BYTES);
  }

  private static DecoderBlueprint blueprint(String golden) {
    return blueprint(Golden.of(golden).directory());
  }

  /** Units that the oracle kept. */
  private static Kept kept(DecoderBlueprint blueprint, Golden oracle, String kinds) {
    var kept = new LinkedHashMap<String, int[]>();
    List<String> cut = List.of(kinds.split(" ", -1));
    if (cut.contains("hidden")) {
      kept.put("hidden", ints(oracle, "kept.hidden"));
    }
    for (int layer = 0; layer < blueprint.blocks().size(); layer++) {
      String stem = "kept.layer." + layer + ".";
      int[] groups = ints(oracle, stem + "groups");
      if (cut.contains("neurons")) {
        kept.put(blueprint.neurons(layer).name(), ints(oracle, stem + "neurons"));
      }
      if (cut.contains("groups")) {
        kept.put(blueprint.groups(layer).name(), groups);
        kept.put(
            blueprint.heads(layer).name(),
            IntStream.of(groups).flatMap(g -> IntStream.of(2 * g, 2 * g + 1)).toArray());
      }
      if (cut.contains("heads_in_groups")) {
        kept.put(blueprint.heads(layer).name(), ints(oracle, stem + "heads_in_groups"));
      }
      if (cut.contains("heads")) {
        kept.put(blueprint.heads(layer).name(), ints(oracle, stem + "heads"));
      }
    }
    return new Kept(kept);
  }

  private static int[] ints(Golden oracle, String tensor) {
    TensorData data = oracle.read("scores", tensor);
    long[] values = new long[data.bytes().remaining() / Long.BYTES];
    data.bytes().asLongBuffer().get(values);
    return LongStream.of(values).mapToInt(Math::toIntExact).toArray();
  }

  private static List<Integer> layers(DecoderBlueprint blueprint, Golden oracle, boolean cut) {
    IntStream layers =
        cut
            ? IntStream.of(ints(oracle, "kept.layers"))
            : IntStream.range(0, blueprint.blocks().size());
    return layers.boxed().toList();
  }

  /** Scores of all real tokens, in order. */
  private List<float[]> says(
      DecoderBlueprint blueprint, TokenBatches texts, Kept kept, List<Integer> layers) {
    var all = new ArrayList<float[]>();
    try (var stream = new LayerwiseForward(blueprint, texts, MemoryLimits.of(0), own)) {
      stream.run(kept, layers);
      stream.scores(
          kept,
          (scores, first, sequence) -> addReal(all, scores.toFloatArray(), sequence.tokens()));
    }
    return all;
  }

  private static void addReal(List<float[]> all, float[] scores, TokenBatch batch) {
    int vocabulary = scores.length / batch.mask().length;
    for (int token = 0; token < batch.mask().length; token++) {
      if (batch.mask()[token] == 1) {
        float[] one = new float[vocabulary];
        System.arraycopy(scores, token * vocabulary, one, 0, vocabulary);
        all.add(one);
      }
    }
  }

  private static List<float[]> expected(Golden oracle, String tensor, TokenBatch batch) {
    TensorData data = oracle.read("scores", tensor);
    float[] values = new float[data.bytes().remaining() / Float.BYTES];
    data.bytes().asFloatBuffer().get(values);
    var all = new ArrayList<float[]>();
    addReal(all, values, batch);
    return all;
  }

  private static void requireClose(List<float[]> found, List<float[]> wanted) {
    double largest = 0;
    for (float[] token : wanted) {
      for (float value : token) {
        largest = Math.max(largest, Math.abs(value));
      }
    }
    assertThat(found).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.size(); i++) {
      assertThat(found.get(i)).containsExactly(wanted.get(i), within((float) (1e-5 * largest)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "llama, masked.neurons, neurons, false",
    "llama, masked.heads_in_groups, heads_in_groups, false",
    "llama, masked.groups, groups, false",
    "llama, masked.heads_groups_neurons, neurons groups heads, false",
    "llama, masked.layers, '', true",
    "llama, sliced.hidden, hidden, false",
    "llama, sliced.all, hidden neurons groups heads, true",
    "gemma2, masked.neurons, neurons, false",
    "gemma2, masked.heads_in_groups, heads_in_groups, false",
    "gemma2, masked.groups, groups, false",
    "gemma2, masked.heads_groups_neurons, neurons groups heads, false",
    "gemma2, masked.layers, '', true",
    "gemma2, sliced.hidden, hidden, false",
    "gemma2, sliced.all, hidden neurons groups heads, true",
    "gemma3, masked.neurons, neurons, false",
    "gemma3, masked.heads_in_groups, heads_in_groups, false",
    "gemma3, masked.groups, groups, false",
    "gemma3, masked.heads_groups_neurons, neurons groups heads, false",
    "gemma3, masked.layers, '', true",
    "gemma3, sliced.hidden, hidden, false",
    "gemma3, sliced.all, hidden neurons groups heads, true",
    "qwen3, masked.neurons, neurons, false",
    "qwen3, masked.heads_in_groups, heads_in_groups, false",
    "qwen3, masked.groups, groups, false",
    "qwen3, masked.heads_groups_neurons, neurons groups heads, false",
    "qwen3, masked.layers, '', true",
    "qwen3, sliced.hidden, hidden, false",
    "qwen3, sliced.all, hidden neurons groups heads, true"
  })
  void a_version_in_memory_says_what_the_masked_or_sliced_model_says(
      String name, String what, String kinds, boolean shallow) {
    DecoderBlueprint blueprint = blueprint(name);
    Golden oracle = Golden.of("scores/masked-" + name);
    GoldenTexts texts = GoldenTexts.ofModel(name);

    List<float[]> found =
        says(blueprint, texts, kept(blueprint, oracle, kinds), layers(blueprint, oracle, shallow));

    requireClose(found, expected(oracle, what + ".logits", texts.get(0)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen3", "gemma2", "gemma3"})
  void a_version_in_files_is_the_sliced_model_bit_for_bit(String name) {
    DecoderBlueprint blueprint = blueprint(name);
    Golden oracle = Golden.of("scores/masked-" + name);
    ModelDirectory wanted = ModelDirectory.open(oracle.directory().resolve("sliced-all"));
    Kept kept = kept(blueprint, oracle, "hidden neurons groups heads");
    List<Integer> layers = layers(blueprint, oracle, true);

    new Subnet(kept, layers).write(blueprint, Sharding.asBefore(), own.resolve("cut"));

    ModelDirectory found = ModelDirectory.open(own.resolve("cut"));
    assertThat(found.tensors().keySet()).isEqualTo(wanted.tensors().keySet());
    for (String tensor : wanted.tensors().keySet()) {
      assertThat(found.read(tensor).shape()).as(tensor).isEqualTo(wanted.read(tensor).shape());
      assertThat(found.read(tensor).bytes()).as(tensor).isEqualTo(wanted.read(tensor).bytes());
    }
    assertThat(found.config()).isEqualTo(wanted.config());
  }

  /** Covers a config without types, where a layer's number says what it sees; that changes. */
  @Test
  void types_of_layers_are_listed_once_layers_are_gone() throws IOException {
    Path directory = Files.createDirectory(own.resolve("silent"));
    ObjectNode config = Golden.of("gemma2").model().config();
    config.remove("layer_types");
    Files.writeString(directory.resolve("config.json"), config.toString());
    Files.copy(
        Golden.of("gemma2").directory().resolve("model.safetensors"),
        directory.resolve("model.safetensors"));

    new Subnet(Kept.all(), List.of(0, 2))
        .write(blueprint(directory), Sharding.asBefore(), own.resolve("cut"));

    assertThat(ModelDirectory.open(own.resolve("cut")).config().path("layer_types"))
        .extracting(JsonNode::asText)
        .containsExactly("sliding_attention", "sliding_attention");
  }

  @ParameterizedTest
  @EnumSource(SubnetMetric.class)
  void the_score_of_a_version_is_that_of_loops_over_what_it_says(SubnetMetric score) {
    DecoderBlueprint blueprint = blueprint("llama");
    GoldenTexts texts = GoldenTexts.ofModel("llama");
    Kept kept = kept(blueprint, Golden.of("scores/masked-llama"), "hidden neurons groups heads");
    List<float[]> before = says(blueprint, texts, Kept.all(), List.of(0, 1));
    List<float[]> after = says(blueprint, texts, kept, List.of(0, 1));
    double wanted =
        score == SubnetMetric.KL ? divergence(before, after) : loss(after, texts.get(0));

    double found;
    double original;
    double sliced;
    try (var scoring =
            new SubnetScoring(blueprint, texts, score, MemoryLimits.of(1 << 20), "any", own);
        var slices = new SubnetScoring(blueprint, texts, score, sliced(blueprint), "other", own)) {
      found = scoring.of("cut", kept, List.of(0, 1));
      original = scoring.of("whole", Kept.all(), List.of(0, 1));
      sliced = slices.of("cut", kept, List.of(0, 1));
    }

    assertThat(found).isCloseTo(wanted, within(1e-5 * wanted));
    assertThat(sliced).isCloseTo(found, within(1e-6 * found));
    assertThat(original)
        .isCloseTo(score == SubnetMetric.KL ? 0 : loss(before, texts.get(0)), within(1e-5));
  }

  private static double divergence(List<float[]> before, List<float[]> after) {
    double sum = 0;
    for (int i = 0; i < before.size(); i++) {
      double[] p = logSoftmax(before.get(i));
      double[] q = logSoftmax(after.get(i));
      for (int j = 0; j < p.length; j++) {
        sum += Math.exp(p[j]) * (p[j] - q[j]);
      }
    }
    return sum / before.size();
  }

  /** Each token but the first of a sequence is asked of the one before it. */
  private static double loss(List<float[]> said, TokenBatch batch) {
    double sum = 0;
    int count = 0;
    int position = 0;
    for (int at = 0; at < batch.mask().length; at++) {
      if (batch.mask()[at] == 1) {
        boolean next = (at + 1) % batch.length() != 0 && batch.mask()[at + 1] == 1;
        if (next) {
          sum -= logSoftmax(said.get(position))[(int) batch.ids()[at + 1]];
          count++;
        }
        position++;
      }
    }
    return sum / count;
  }

  private static double[] logSoftmax(float[] scores) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float score : scores) {
      largest = Math.max(largest, score);
    }
    double sum = 0;
    for (float score : scores) {
      sum += Math.exp(score - largest);
    }
    double[] logs = new double[scores.length];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = scores[i] - largest - Math.log(sum);
    }
    return logs;
  }

  @Test
  void a_score_that_is_known_is_not_computed_again_but_for_other_data() {
    DecoderBlueprint blueprint = blueprint("gpt2");
    GoldenTexts texts = GoldenTexts.ofModel("gpt2");
    double first;
    try (var scoring =
        new SubnetScoring(blueprint, texts, SubnetMetric.LOSS, MemoryLimits.of(0), "one", own)) {
      first = scoring.of("whole", Kept.all(), List.of(0, 1));
    }
    var none = new GoldenTexts(List.of());

    try (var again =
            new SubnetScoring(blueprint, none, SubnetMetric.LOSS, MemoryLimits.of(0), "one", own);
        var other =
            new SubnetScoring(
                blueprint, none, SubnetMetric.LOSS, MemoryLimits.of(0), "other", own)) {
      assertThat(again.of("whole", Kept.all(), List.of(0, 1))).isEqualTo(first);
      assertThat(other.of("whole", Kept.all(), List.of(0, 1))).isInfinite();
    }
  }

  @Test
  void a_block_of_neighbours_goes_without_which_the_loss_is_least() {
    DecoderBlueprint blueprint = blueprint("llama");
    GoldenTexts texts = GoldenTexts.ofModel("llama");
    var activity =
        new ActivationScores(
            "",
            List.of(
                new LayerActivationScores(Map.of(), 2), new LayerActivationScores(Map.of(), 1)));
    double withoutFirst = loss(says(blueprint, texts, Kept.all(), List.of(1)), texts.get(0));
    double withoutLast = loss(says(blueprint, texts, Kept.all(), List.of(0)), texts.get(0));
    List<Integer> better = withoutFirst < withoutLast ? List.of(1) : List.of(0);

    try (var scoring =
        new SubnetScoring(blueprint, texts, SubnetMetric.LOSS, MemoryLimits.of(0), "any", own)) {
      var blocks = new LayerSelection(blueprint, activity, DepthCriterion.CONTIGUOUS, scoring);
      var cosines = new LayerSelection(blueprint, activity, DepthCriterion.COSINE, scoring);

      assertThat(blocks.of(1)).isEqualTo(better);
      assertThat(blocks.of(2)).containsExactly(0, 1);
      assertThat(cosines.of(1)).as("the layer that changes more stays").containsExactly(0);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2, 32, 32, 4, 4, 2",
    "llama, 48, 96, 2, 1, 2",
    "llama, 12, 96, 4, 2, 2",
    "qwen2, 48, 96, 4, 2, 1",
    "qwen3, 20, 48, 2, 1, 1",
    "gemma2, 24, 32, 2, 1, 2",
    "gemma3, 28, 48, 4, 2, 3",
    "gptj, 16, 64, 2, 2, 1"
  })
  void a_version_has_exactly_the_sizes_that_were_asked_for_and_opens(
      String name, int hidden, int neurons, int heads, int groups, int layers) {
    DecoderBlueprint blueprint = blueprint(name);
    var sizes = new DecoderSizes(hidden, neurons, heads, groups, layers);
    Kept kept = new UnitSelection(blueprint, activity(name, blueprint)).of(sizes);
    List<Integer> stay = IntStream.range(0, layers).boxed().toList();

    new Subnet(kept, stay).write(blueprint, Sharding.asBefore(), own.resolve("cut"));

    DecoderBlueprint cut = blueprint(own.resolve("cut"));
    assertThat(cut.sizes()).isEqualTo(sizes);
    assertThat(cut.headSize()).isEqualTo(blueprint.headSize());
    GoldenTexts texts = GoldenTexts.ofModel(name);
    List<Integer> all = IntStream.range(0, layers).boxed().toList();
    requireClose(says(cut, texts, Kept.all(), all), says(blueprint, texts, kept, stay));
  }

  private ActivationScores activity(String name, DecoderBlueprint blueprint) {
    var settings =
        new ActivationSettings(
            1,
            8,
            ScoreAggregation.MEAN,
            ScoreAggregation.L2,
            ImportanceCriterion.ACTIVATION,
            1 << 20,
            1);
    return new ActivationMeasurement(blueprint, settings, GoldenTexts.ofModel(name), "data")
        .measure(own, Progress.Listener.NONE);
  }

  @Test
  void a_stream_of_pieces_says_what_the_whole_network_says() {
    DecoderBlueprint blueprint = blueprint("qwen2");
    TokenBatch batch = GoldenTexts.ofModel("qwen2").get(0);
    var whole = new ArrayList<float[]>();
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope();
        Weights weights =
            Weights.load(blueprint.model().directory(), blueprint.architecture(), manager)) {
      scope.suppressNotUsedWarning();
      float[] said =
          blueprint
              .network()
              .forward(weights, Tokens.of(manager, batch), ForwardHooks.NONE)
              .toFloatArray();
      addReal(whole, said, batch);
    }

    requireClose(says(blueprint, GoldenTexts.ofModel("qwen2"), Kept.all(), List.of(0, 1)), whole);
  }

  /** Of the second the embedding gives the scores, of the third they have a bias. */
  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2", "gptj"})
  void slices_of_the_vocabulary_say_what_all_of_it_says(String name) {
    DecoderBlueprint blueprint = blueprint(name);
    GoldenTexts texts = GoldenTexts.ofModel(name);
    int vocabulary = blueprint.network().input().vocabulary();
    var whole = new ArrayList<float[]>();
    var sliced = new ArrayList<float[]>();
    try (var stream = new LayerwiseForward(blueprint, texts, sliced(blueprint), own);
        var other = new LayerwiseForward(blueprint, texts, MemoryLimits.of(0), own)) {
      stream.run(Kept.all(), List.of(0, 1));
      other.run(Kept.all(), List.of(0, 1));

      other.scores(Kept.all(), (scores, first, each) -> whole.add(scores.toFloatArray()));
      stream.scores(
          Kept.all(),
          (scores, first, each) -> {
            int tokens = each.tokens().length();
            if (first == 0) {
              sliced.add(new float[tokens * vocabulary]);
            }
            float[] slice = scores.toFloatArray();
            int size = slice.length / tokens;
            for (int i = 0; i < tokens; i++) {
              System.arraycopy(
                  slice, i * size, sliced.get(each.number()), i * vocabulary + first, size);
            }
          });

      assertThat(stream.slices()).hasSize(vocabulary / SLICE + 1).endsWith(last(vocabulary));
      assertThat(other.slices()).containsExactly(new LayerwiseForward.Slice(0, vocabulary));
    }
    requireClose(sliced, whole);
  }

  private static LayerwiseForward.Slice last(int vocabulary) {
    return new LayerwiseForward.Slice(vocabulary / SLICE * SLICE, vocabulary);
  }

  /** So few of the tokens occur that the others are not read. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void what_the_embedding_gives_tokens_does_not_depend_on_the_others(boolean tied)
      throws IOException {
    Path tokenizer = Golden.of("scores/squad-windows").directory().resolve("tokenizer.json");
    String config =
        TextModels.LLAMA
            .formatted("llama", "LlamaForCausalLM", "")
            .replace("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": " + tied);
    DecoderBlueprint blueprint =
        blueprint(TextModels.write(own.resolve("model"), config, tokenizer, 1));
    long[] ids = {7, 419, 7, 0, 8, 9, 0, 300};
    long[] real = {1, 1, 1, 1, 1, 1, 0, 0};
    var batch = new TokenBatch(2, 4, ids, real, new long[8], ids);
    Kept kept = new Kept(Map.of("hidden", IntStream.range(8, 56).toArray()));
    var whole = new ArrayList<float[]>();
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope();
        Weights weights =
            Weights.load(blueprint.model().directory(), blueprint.architecture(), manager);
        Weights cut = weights.keep(kept)) {
      scope.suppressNotUsedWarning();
      Tokens tokens = Tokens.of(manager, batch);
      addReal(
          whole, blueprint.network().forward(cut, tokens, ForwardHooks.NONE).toFloatArray(), batch);
    }

    List<float[]> found =
        says(blueprint, new GoldenTexts(List.of(batch)), kept, List.of(0, 1, 2, 3));

    requireClose(found, whole);
  }

  @Test
  void units_of_axes_that_do_not_exist_are_refused() {
    DecoderBlueprint blueprint = blueprint("llama");
    GoldenTexts texts = GoldenTexts.ofModel("llama");
    Kept kept = new Kept(Map.of("width", new int[] {0}));

    assertThatThrownBy(() -> says(blueprint, texts, kept, List.of(0, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no axis 'width'");
  }
}
