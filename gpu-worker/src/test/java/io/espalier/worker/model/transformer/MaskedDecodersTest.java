package io.espalier.worker.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Decoders whose heads share keys and values, cut as transformers has been cut. */
final class MaskedDecodersTest {
  private static final double TOLERANCE = 2e-5;
  private static final String BLOCKS = "model.layers.";
  private static final int HEADS_PER_GROUP = 2;

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

  @ParameterizedTest
  @CsvSource({
    "llama, neurons",
    "llama, heads_in_groups",
    "llama, groups",
    "llama, heads_groups_neurons",
    "gemma2, neurons",
    "gemma2, heads_in_groups",
    "gemma2, groups",
    "gemma2, heads_groups_neurons",
    "gemma3, neurons",
    "gemma3, heads_in_groups",
    "gemma3, groups",
    "gemma3, heads_groups_neurons",
    "qwen3, neurons",
    "qwen3, heads_in_groups",
    "qwen3, groups",
    "qwen3, heads_groups_neurons"
  })
  void removed_units_leave_the_scores_that_transformers_gives_without_them(
      String name, String which) {
    Golden golden = Golden.of(name);
    Golden oracle = Golden.of("scores/masked-" + name);
    Weights weights = golden.weights(manager);
    Tokens tokens = golden.tokens(manager);
    TextNetwork network = golden.network();
    Kept kept = kept(oracle, which);

    NDArray masked = network.forward(weights, tokens, masks(weights, kept));
    NDArray cut = network.forward(weights.keep(kept), tokens, ForwardHooks.NONE);

    String expected = "masked." + which + ".logits";
    Golden.assertClose(masked, oracle.read("scores", expected), TOLERANCE);
    Golden.assertClose(cut, oracle.read("scores", expected), TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen3", "gemma2", "gemma3"})
  void layers_can_be_left_out_and_the_others_see_what_they_saw(String name) {
    Golden golden = Golden.of(name);
    Golden oracle = Golden.of("scores/masked-" + name);

    NDArray scores = withLayers(golden, golden.weights(manager), units(oracle, "kept.layers"));

    Golden.assertClose(scores, oracle.read("scores", "masked.layers.logits"), TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen3", "gemma2", "gemma3"})
  void the_stream_is_cut_in_every_tensor_that_it_reaches(String name) {
    Golden golden = Golden.of(name);
    Golden oracle = Golden.of("scores/masked-" + name);
    var kept = new Kept(Map.of("hidden", units(oracle, "kept.hidden")));

    NDArray scores =
        golden
            .network()
            .forward(golden.weights(manager).keep(kept), golden.tokens(manager), ForwardHooks.NONE);

    Golden.assertClose(scores, oracle.read("scores", "sliced.hidden.logits"), TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen3", "gemma2", "gemma3"})
  void a_model_that_was_cut_on_every_axis_is_the_one_that_transformers_wrote(String name) {
    Golden golden = Golden.of(name);
    Golden oracle = Golden.of("scores/masked-" + name);
    var units = new HashMap<>(kept(oracle, "heads_groups_neurons").units());
    units.put("hidden", units(oracle, "kept.hidden"));
    int[] layers = units(oracle, "kept.layers");
    Weights cut = golden.weights(manager).keep(new Kept(units));
    TextModel written = TextModel.of(ModelDirectory.open(oracle.directory().resolve("sliced-all")));
    Weights stored = Weights.load(written.directory(), written.architecture(), manager);

    NDArray ours = withLayers(golden, cut, layers);
    NDArray theirs = written.network().forward(stored, golden.tokens(manager), ForwardHooks.NONE);

    Golden.assertClose(ours, oracle.read("scores", "sliced.all.logits"), TOLERANCE);
    Golden.assertClose(theirs, oracle.read("scores", "sliced.all.logits"), TOLERANCE);
    for (String tensor : stored.names()) {
      String before = nameBefore(tensor, layers);
      assertThat(cut.get(before).toFloatArray())
          .as(tensor)
          .containsExactly(stored.get(tensor).toFloatArray());
    }
  }

  private static String nameBefore(String tensor, int[] layers) {
    for (int i = 0; i < layers.length; i++) {
      if (tensor.startsWith(BLOCKS + i + ".")) {
        return tensor.replace(BLOCKS + i + ".", BLOCKS + layers[i] + ".");
      }
    }
    return tensor;
  }

  private NDArray withLayers(Golden golden, Weights weights, int[] layers) {
    var network = (LayeredNetwork) golden.network();
    Tokens tokens = golden.tokens(manager);
    NDArray x = network.embed(weights, tokens, ForwardHooks.NONE);
    BatchContext context = network.context(tokens, x);
    for (int layer : layers) {
      x = network.layer(layer, weights, x, context, ForwardHooks.NONE);
    }
    return network.scores(weights, network.end(weights, x, ForwardHooks.NONE), tokens);
  }

  private static Masks masks(Weights weights, Kept kept) {
    var units = new HashMap<>(kept.units());
    units.keySet().removeIf(axis -> axis.endsWith(TextNetwork.GROUPS)); // heads are masked for them
    NDArray like = weights.get(weights.names().get(0));
    return Masks.of(weights.architecture(), new Kept(units), like);
  }

  private static Kept kept(Golden oracle, String which) {
    var units = new HashMap<String, int[]>();
    for (int i = 0; oracle.has("scores", "kept.layer." + i + ".groups"); i++) {
      String stored = "kept.layer." + i + ".";
      String block = BLOCKS + i;
      int[] groups = units(oracle, stored + "groups");
      switch (which) {
        case "neurons" -> units.put(block + ".neurons", units(oracle, stored + which));
        case "heads_in_groups" -> units.put(block + ".heads", units(oracle, stored + which));
        case "groups" -> {
          units.put(block + ".groups", groups);
          units.put(block + ".heads", wholeGroups(groups));
        }
        default -> {
          units.put(block + ".groups", groups);
          units.put(block + ".heads", units(oracle, stored + "heads"));
          units.put(block + ".neurons", units(oracle, stored + "neurons"));
        }
      }
    }
    return new Kept(units);
  }

  private static int[] wholeGroups(int[] groups) {
    return IntStream.of(groups)
        .flatMap(g -> IntStream.range(g * HEADS_PER_GROUP, (g + 1) * HEADS_PER_GROUP))
        .toArray();
  }

  private static int[] units(Golden oracle, String stored) {
    var numbers =
        oracle.read("scores", stored).bytes().order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    return IntStream.range(0, numbers.remaining()).map(i -> (int) numbers.get(i)).toArray();
  }
}
