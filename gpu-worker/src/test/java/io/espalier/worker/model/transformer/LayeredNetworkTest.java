package io.espalier.worker.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Decoders that are run piece by piece. */
final class LayeredNetworkTest {
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

  /** Everything that passes at a place, by place. */
  private static final class Watch implements ForwardHooks {
    private final Map<String, NDArray> seen = new LinkedHashMap<>();

    private NDArray see(String place, NDArray x) {
      assertThat(seen.put(place, x)).as(place).isNull();
      return x;
    }

    @Override
    public NDArray neurons(String axis, NDArray neurons) {
      return see("neurons " + axis, neurons);
    }

    @Override
    public NDArray activated(String axis, NDArray activated) {
      return see("activated " + axis, activated);
    }

    @Override
    public NDArray normed(String module, NDArray normed) {
      return see("normed " + module, normed);
    }

    @Override
    public NDArray entering(int layer, NDArray state) {
      return see("entering " + layer, state);
    }

    @Override
    public NDArray leaving(int layer, NDArray state) {
      return see("leaving " + layer, state);
    }

    @Override
    public NDArray hidden(int index, NDArray state) {
      return see("hidden " + index, state);
    }

    NDArray at(String place) {
      assertThat(seen).containsKey(place);
      return seen.get(place);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gpt2",
        "gptj",
        "llama",
        "llama-tied-rope-llama3-scaling",
        "mistral",
        "qwen3",
        "gemma2",
        "gemma3"
      })
  void pieces_of_their_own_tensors_say_what_the_whole_network_says(String name) {
    Golden golden = Golden.of(name);
    var network = (LayeredNetwork) golden.network();
    Tokens tokens = golden.tokens(manager);
    float[] whole =
        network.forward(golden.weights(manager), tokens, ForwardHooks.NONE).toFloatArray();

    var pieces = network.pieces(golden.architecture());
    NDArray x;
    try (Weights embedding = part(golden, pieces.embedding())) {
      x = network.embed(embedding, tokens, ForwardHooks.NONE);
    }
    for (int i = 0; i < network.layers(); i++) {
      try (Weights layer = part(golden, pieces.layers().get(i))) {
        x = network.layer(i, layer, x, network.context(tokens, x), ForwardHooks.NONE);
      }
    }
    try (Weights end = part(golden, pieces.end())) {
      x = network.scores(end, network.end(end, x, ForwardHooks.NONE), tokens);
    }

    assertThat(x.toFloatArray()).containsExactly(whole);
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2, transformer.wte.weight, transformer.h., transformer.ln_f.weight, true",
    "gptj, transformer.wte.weight, transformer.h., transformer.ln_f.weight, false",
    "qwen3, model.embed_tokens.weight, model.layers., model.norm.weight, false",
    "llama-tied-rope-llama3-scaling, model.embed_tokens.weight, model.layers., model.norm.weight,"
        + " true"
  })
  void every_tensor_is_read_by_one_piece_but_a_tied_embedding(
      String name, String words, String blocks, String norm, boolean tied) {
    Golden golden = Golden.of(name);
    var tensors = golden.architecture().shapes().keySet();

    var pieces = ((LayeredNetwork) golden.network()).pieces(golden.architecture());

    var all = new ArrayList<>(tensors(pieces.embedding()));
    pieces.layers().forEach(layer -> all.addAll(tensors(layer)));
    all.addAll(tensors(pieces.end()));
    if (tied) {
      assertThat(all.remove(words)).isTrue();
    }
    assertThat(all).containsExactlyInAnyOrderElementsOf(tensors);
    assertThat(pieces.layers()).hasSize(2);
    assertThat(tensors(pieces.layers().get(1)))
        .allMatch(tensor -> tensor.startsWith(blocks + "1."));
    assertThat(tensors(pieces.end())).contains(norm);
  }

  private static Set<String> tensors(Architecture piece) {
    return piece.shapes().keySet();
  }

  @ParameterizedTest
  @CsvSource({"gpt2, .ln_1 .ln_2", "gptj, .ln_1"})
  void what_passes_can_be_watched_at_every_place(String name, String norms) {
    Golden golden = Golden.of(name);
    Weights weights = golden.weights(manager);
    var watch = new Watch();

    golden.network().encode(weights, golden.tokens(manager), watch);

    for (int i = 0; i < 2; i++) {
      String block = "transformer.h." + i;
      String neurons = block + TextNetwork.NEURONS;
      assertSame(
          watch.at("activated " + neurons), Tensors.geluTanh(watch.at("neurons " + neurons)));
      for (String norm : List.of(norms.split(" ", -1))) {
        assertThat(watch.at("normed " + block + norm).getShape())
            .isEqualTo(watch.at("hidden 0").getShape());
      }
      assertSame(watch.at("entering " + i), watch.at("hidden " + i));
      NDArray normed = norm(weights, block + ".ln_1", watch.at("entering " + i));
      assertSame(watch.at("normed " + block + ".ln_1"), normed);
    }
    assertSame(watch.at("leaving 0"), watch.at("entering 1"));
    NDArray last = norm(weights, "transformer.ln_f", watch.at("leaving 1"));
    assertSame(watch.at("hidden 2"), last);
    assertThat(watch.seen.keySet().stream().filter(place -> place.startsWith("normed ")))
        .hasSize(2 * norms.split(" ", -1).length);
  }

  @Test
  void gates_multiply_what_the_second_layer_of_the_feed_forward_part_reads() {
    Golden golden = Golden.of("llama");
    Weights weights = golden.weights(manager);
    var watch = new Watch();

    golden.network().encode(weights, golden.tokens(manager), watch);

    for (int i = 0; i < 2; i++) {
      String block = "model.layers." + i;
      NDArray normed = watch.at("normed " + block + ".post_attention_layernorm");
      NDArray gate = Tensors.linear(normed, weights.get(block + ".mlp.gate_proj.weight"));
      NDArray inner = Tensors.linear(normed, weights.get(block + ".mlp.up_proj.weight"));
      assertSame(watch.at("neurons " + block + ".neurons"), inner);
      NDArray activated = Tensors.multiply(Tensors.silu(gate), inner);
      assertSame(watch.at("activated " + block + ".neurons"), activated);
      assertThat(watch.seen).containsKey("normed " + block + ".input_layernorm");
    }
  }

  private static NDArray norm(Weights weights, String module, NDArray x) {
    return Tensors.layerNorm(
        x, weights.get(module + ".weight"), weights.get(module + ".bias"), 1e-5); // by config.json
  }

  private static void assertSame(NDArray actual, NDArray expected) {
    assertThat(actual.toFloatArray()).containsExactly(expected.toFloatArray());
  }

  private Weights part(Golden golden, Architecture piece) {
    Weights part = Weights.load(golden.model(), piece, Kept.all(), manager);
    assertThat(part.names()).containsExactlyElementsOf(tensors(piece));
    return part;
  }
}
