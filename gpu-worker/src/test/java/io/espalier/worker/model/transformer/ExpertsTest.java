package io.espalier.worker.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.model.Configs;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.RandomCuts;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Decoders whose layers consist of experts. */
final class ExpertsTest {
  private static final double TOLERANCE = 2e-5;

  @TempDir private Path folder;
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

  /** Outputs of routers and experts, by place. */
  private static final class Watch implements ForwardHooks {
    private final Map<String, NDArray> seen = new LinkedHashMap<>();

    @Override
    public NDArray routed(String axis, NDArray scores) {
      seen.put(axis, scores);
      return scores;
    }

    @Override
    public NDArray activated(String axis, NDArray activated) {
      seen.put(axis, activated);
      return activated;
    }

    @Override
    public NDArray expert(String axis, int expert, NDArray output) {
      seen.put(axis + " " + expert, output);
      return output;
    }
  }

  /** Routers that never choose some experts. */
  private record Never(Map<String, int[]> dropped) implements ForwardHooks {
    @Override
    public NDArray routed(String axis, NDArray scores) {
      float[] never = new float[(int) scores.getShape().get(1)];
      for (int expert : dropped.getOrDefault(axis, new int[0])) {
        never[expert] = -1e30f;
      }
      return Tensors.add(scores, Tensors.of(scores.getManager(), never, never.length));
    }
  }

  @ParameterizedTest
  @CsvSource({"mixtral, 0 1", "qwen2-moe, 0 2", "qwen3-moe, 0 2"})
  void routers_say_what_those_of_transformers_say(String name, String layers) {
    Golden golden = Golden.of(name);
    var watch = new Watch();

    golden.network().encode(golden.weights(manager), golden.tokens(manager), watch);

    int sparse = 0;
    for (String layer : layers.split(" ", -1)) {
      NDArray scores = watch.seen.get("model.layers." + layer + ".experts");
      Golden.assertClose(scores, golden.read("expected", "router_logits." + sparse++), TOLERANCE);
    }
    assertThat(watch.seen.keySet().stream().filter(place -> place.endsWith(".experts")))
        .hasSize(sparse);
  }

  /** By loops over tokens in float64, from the same weights. */
  @Test
  void an_expert_adds_to_a_token_its_share_of_what_it_says() {
    Golden golden = Golden.of("mixtral");
    Weights weights = golden.weights(manager);
    var watch = new Watch();
    golden.network().encode(weights, golden.tokens(manager), watch);
    String axis = "model.layers.0.experts";
    float[] scores = watch.seen.get(axis).toFloatArray();

    for (int expert = 0; expert < 4; expert++) {
      String module = "model.layers.0.block_sparse_moe.experts." + expert;
      NDArray activated = watch.seen.get(module + ".neurons");
      float[] said = watch.seen.get(axis + " " + expert).toFloatArray();
      float[] heard = activated.toFloatArray();
      float[] outer = weights.get(module + ".w2.weight").toFloatArray(); // (hidden, neurons)
      int row = 0;
      for (int token = 0; token < scores.length / 4; token++) {
        double share = share(Arrays.copyOfRange(scores, token * 4, token * 4 + 4), expert);
        if (share > 0) {
          for (int i = 0; i < 32; i++) {
            double sum = 0;
            for (int j = 0; j < 48; j++) {
              sum += (double) outer[i * 48 + j] * heard[row * 48 + j];
            }
            assertThat((double) said[row * 32 + i]).isCloseTo(share * sum, within(1e-5));
          }
          row++;
        }
      }
      assertThat(activated.getShape().getShape()).containsExactly(1, row, 48);
      assertThat(said).hasSize(row * 32);
    }
  }

  /** The share of an expert if it is one of the best two, else 0. */
  private static double share(float[] scores, int expert) {
    double[] shares = new double[scores.length];
    for (int i = 0; i < scores.length; i++) {
      shares[i] = Math.exp(scores[i]);
    }
    double[] sorted = shares.clone();
    Arrays.sort(sorted);
    double second = sorted[sorted.length - 2];
    double best = sorted[sorted.length - 1];
    return shares[expert] >= second ? shares[expert] / (best + second) : 0;
  }

  @ParameterizedTest
  @CsvSource({
    "mixtral, 0, 1",
    "mixtral, 1, 0 2",
    "qwen3-moe, 0, 5",
    "qwen3-moe, 2, 0 1 3",
  })
  void a_layer_without_experts_answers_as_if_they_were_never_chosen(
      String name, int layer, String dropped) {
    Golden golden = Golden.of(name);
    TextModel whole = TextModel.of(golden.model());
    String axis = "model.layers." + layer + ".experts";
    int[] gone = Arrays.stream(dropped.split(" ", -1)).mapToInt(Integer::parseInt).toArray();
    int[] kept = others(gone, name.equals("mixtral") ? 4 : 6);
    Tokens tokens = golden.tokens(manager);
    Weights weights = golden.weights(manager);
    var never = new Never(Map.of(axis, gone));
    float[] wanted = whole.network().forward(weights, tokens, never).toFloatArray();
    if (name.equals("qwen3-moe")) {
      assertThat(golden.config().path("norm_topk_prob").asBoolean()).isTrue();
    }

    float[] inMemory =
        whole
            .network()
            .forward(weights.keep(new Kept(Map.of(axis, kept))), tokens, ForwardHooks.NONE)
            .toFloatArray();

    assertThat(inMemory).containsExactly(wanted, within(1e-5f));
    assertThat(wanted)
        .isNotEqualTo(whole.network().forward(weights, tokens, ForwardHooks.NONE).toFloatArray());
  }

  /** A directory says how many experts each layer has, and opens like what was cut in memory. */
  @Test
  void experts_that_were_dropped_on_disk_are_gone_from_names_and_routers() {
    Golden golden = Golden.of("mixtral");
    TextModel whole = TextModel.of(golden.model());
    Kept kept =
        new Kept(
            Map.of(
                "model.layers.0.experts", new int[] {1, 2, 3},
                "model.layers.1.experts", new int[] {0, 3},
                "model.layers.1.block_sparse_moe.experts.3.neurons", new int[] {4, 5}));
    Path cut = folder.resolve("cut");
    Surgery.cut(whole.directory(), RandomCuts.thawed(whole.architecture()), kept, cut);
    ObjectNode config = whole.directory().config();
    config.setAll((ObjectNode) Configs.json("{'num_local_experts': [3, 2]}"));
    ModelDirectory.writeConfig(cut, config);

    TextModel smaller = TextModel.of(ModelDirectory.open(cut));

    assertThat(smaller.architecture())
        .as("operations too: fewer experts have more tokens each")
        .isEqualTo(whole.architecture().keep(kept));
    assertThat(smaller.architecture().shapes())
        .doesNotContainKey("model.layers.1.block_sparse_moe.experts.2.w1.weight");
    assertThat(smaller.directory().shapes().get("model.layers.0.block_sparse_moe.gate.weight"))
        .containsExactly(3, 32);
    assertThat(
            smaller.directory().shapes().get("model.layers.1.block_sparse_moe.experts.1.w2.weight"))
        .containsExactly(32, 2);
    Weights stored = Weights.load(smaller.directory(), smaller.architecture(), manager);
    Tokens tokens = golden.tokens(manager);
    float[] onDisk = smaller.network().forward(stored, tokens, ForwardHooks.NONE).toFloatArray();
    float[] inMemory =
        whole
            .network()
            .forward(golden.weights(manager).keep(kept), tokens, ForwardHooks.NONE)
            .toFloatArray();
    assertThat(onDisk).containsExactly(inMemory);
  }

  @ParameterizedTest
  @CsvSource({
    "mixtral, block_sparse_moe, 0 1, 4, 48",
    "qwen2-moe, mlp, 0 2, 6, 24",
    "qwen3-moe, mlp, 0 2, 6, 24"
  })
  void experts_and_layers_can_be_dropped(
      String name, String part, String layers, int experts, int neurons) {
    Architecture architecture = TextModel.of(Golden.of(name).model()).architecture();

    int depth = name.equals("mixtral") ? 2 : 3;
    assertThat(architecture.stacks())
        .startsWith(new Stack(Axis.of(AxisKind.LAYERS, "", depth), "model.layers."))
        .hasSize(3);
    for (String layer : layers.split(" ", -1)) {
      String block = "model.layers." + layer;
      assertThat(architecture.stacks())
          .contains(
              new Stack(
                  Axis.of(AxisKind.EXPERTS, block, experts),
                  block + "." + part + ".experts.",
                  OptionalInt.of(2 * 64))); // of 64 tokens each has two experts
      assertThat(architecture.axes())
          .contains(Axis.of(AxisKind.NEURONS, block + "." + part + ".experts.3", neurons));
      assertThat(architecture.frozen()).containsKey(block + ".experts");
    }
  }

  /** Qwen3's second layer is dense; once the first is gone it is the first. */
  @Test
  void layers_with_and_without_experts_move_up() {
    Golden golden = Golden.of("qwen3-moe");
    TextModel whole = TextModel.of(golden.model());
    Kept kept = new Kept(Map.of("layers", new int[] {1, 2}));
    Path cut = folder.resolve("cut");
    Surgery.cut(whole.directory(), whole.architecture(), kept, cut);
    ObjectNode config = whole.directory().config();
    config.setAll((ObjectNode) Configs.json("{'num_hidden_layers': 2, 'mlp_only_layers': [0]}"));
    ModelDirectory.writeConfig(cut, config);

    TextModel smaller = TextModel.of(ModelDirectory.open(cut));

    Tokens tokens = golden.tokens(manager);
    Weights stored = Weights.load(smaller.directory(), smaller.architecture(), manager);
    float[] found = smaller.network().forward(stored, tokens, ForwardHooks.NONE).toFloatArray();
    var network = (LayeredNetwork) whole.network();
    Weights weights = golden.weights(manager);
    NDArray x = network.embed(weights, tokens, ForwardHooks.NONE);
    for (int layer : new int[] {1, 2}) {
      x = network.layer(layer, weights, x, network.context(tokens, x), ForwardHooks.NONE);
    }
    NDArray wanted = network.scores(weights, network.end(weights, x, ForwardHooks.NONE), tokens);
    assertThat(found).containsExactly(wanted.toFloatArray());
  }

  /** Each token has two of four experts; of so few tokens some have none. */
  @ParameterizedTest
  @CsvSource({
    "mixtral, 20, 10 10 10 10",
    "mixtral, 21, 11 11 10 10",
    "qwen3-moe, 2, 1 1 1 1 0 0",
    "qwen3-moe, 7, 3 3 2 2 2 2"
  })
  void experts_share_the_tokens(String name, int tokens, String shares) {
    Architecture architecture = TextModel.of(Golden.of(name).model(), tokens).architecture();

    List<Long> inFirstLayer =
        architecture.layers().stream()
            .filter(layer -> layer.weight().matches("model\\.layers\\.0\\..*experts.*"))
            .map(layer -> layer.window().positions())
            .toList();

    List<Long> wanted =
        Arrays.stream(shares.split(" ", -1))
            .flatMap(share -> Collections.nCopies(3, Long.valueOf(share)).stream())
            .toList();
    assertThat(inFirstLayer).isEqualTo(wanted);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mixtral | 'num_experts_per_tok': 5 | num_experts_per_tok 5 must be at most"
            + " num_local_experts, found [4]",
        "mixtral | 'num_local_experts': [4, 1] | num_experts_per_tok 2 must be at most"
            + " num_local_experts",
        "mixtral | 'num_local_experts': 0 | num_local_experts must be a positive integer",
        "qwen3-moe | 'mlp_only_layers': [3] | mlp_only_layers must list some of the layers 0 to 2",
        "qwen3-moe | 'mlp_only_layers': 1 | mlp_only_layers must list some of the layers 0 to 2",
        "qwen3-moe | 'decoder_sparse_step': 0 | decoder_sparse_step must be a positive integer",
        "qwen3-moe | 'norm_topk_prob': 2 | norm_topk_prob must be true or false",
        "qwen3-moe | 'shared_expert_intermediate_size': 16 | shared_expert_intermediate_size must"
            + " be 0",
        "qwen2-moe | 'use_sliding_window': true | use_sliding_window must be false",
        "qwen2-moe | 'shared_expert_intermediate_size': 0 | shared_expert_intermediate_size must"
            + " be a positive integer",
        "qwen3-moe | 'model_type': 'deepseek_v2' | model_type \"deepseek_v2\" belongs to no known"
            + " family",
      })
  void what_is_not_computed_is_refused(String golden, String change, String problem) {
    ObjectNode config = (ObjectNode) Golden.of(golden).config();
    config.setAll((ObjectNode) Configs.json("{" + change + "}"));

    assertThatThrownBy(() -> Families.text(config).network(config))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "qwen2-moe", "qwen3-moe"})
  void experts_of_different_numbers_open_nowhere_else(String name) {
    ObjectNode config = (ObjectNode) Golden.of(name).config();
    assertThat(Families.of(config).loadsIn(config)).contains("transformers");

    String key = name.equals("mixtral") ? "num_local_experts" : "num_experts";
    JsonNode each = Configs.json("[4, 4, 4]");
    config.set(key, each);

    assertThat(Families.of(config).loadsIn(config)).doesNotContain("transformers");
  }

  /** transformers 4 refuses a Qwen2 with experts whose heads do not share the stream. */
  @Test
  void heads_that_do_not_share_the_stream_open_nowhere_else_where_experts_are_shared() {
    ObjectNode config = (ObjectNode) Golden.of("qwen2-moe").config();

    config.put("head_dim", 16);

    assertThat(Families.of(config).loadsIn(config)).doesNotContain("transformers");
    config.put("head_dim", 8);
    assertThat(Families.of(config).loadsIn(config)).contains("transformers");
  }

  @Test
  void every_token_of_a_layer_with_experts_reads_the_one_that_is_shared() {
    Golden golden = Golden.of("qwen2-moe");
    var watch = new Watch();

    golden.network().encode(golden.weights(manager), golden.tokens(manager), watch);

    NDArray shared = watch.seen.get("model.layers.0.mlp.shared_expert.neurons");
    assertThat(shared.getShape().getShape()).containsExactly(3, 20, 40);
    assertThat(watch.seen)
        .containsKey("model.layers.1.neurons")
        .doesNotContainKey("model.layers.1.mlp.shared_expert.neurons");
  }

  /** Checks the defaults of transformers 4.57.6. */
  @ParameterizedTest
  @CsvSource({
    "mixtral, MixtralModel, block_sparse_moe, 32, 8, 8, 14336, 2",
    "qwen2_moe, Qwen2MoeModel, mlp, 24, 16, 60, 1408, 4",
    "qwen3_moe, Qwen3MoeModel, mlp, 24, 4, 128, 768, 8"
  })
  void silence_means_what_transformers_takes_it_for(
      String type,
      String model,
      String part,
      int layers,
      int groups,
      int experts,
      int neurons,
      int chosen) {
    JsonNode config =
        Configs.json("{'model_type': '%s', 'architectures': ['%s']}".formatted(type, model));

    TextNetwork network = Families.text(config).network(config);

    String last = "layers." + (layers - 1);
    List<Axis> axes = network.architecture(Map.of(), 4).axes();
    assertThat(network.chosenExperts()).isEqualTo(chosen);
    assertThat(axes)
        .contains(
            Axis.of(AxisKind.GROUPS, last, groups),
            Axis.of(AxisKind.EXPERTS, last, experts),
            Axis.of(
                AxisKind.NEURONS, "%s.%s.experts.%d".formatted(last, part, experts - 1), neurons));
    assertThat(axes.contains(Axis.of(AxisKind.NEURONS, last + ".mlp.shared_expert", 5632)))
        .isEqualTo(type.equals("qwen2_moe"));
  }

  private static int[] others(int[] gone, int all) {
    return java.util.stream.IntStream.range(0, all)
        .filter(unit -> Arrays.stream(gone).noneMatch(other -> other == unit))
        .toArray();
  }
}
