package io.espalier.worker.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Forward passes of every family of text against those of transformers. */
final class TextNetworksTest {
  /** Far under what one kind of GELU differs from the other by. */
  private static final double TOLERANCE = 2e-5;

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

  /** Hidden states as they pass. */
  private static final class Hidden implements ForwardHooks {
    private final List<NDArray> states = new ArrayList<>();

    @Override
    public NDArray hidden(int index, NDArray state) {
      assertThat(index).isEqualTo(states.size());
      states.add(state);
      return state;
    }
  }

  @ParameterizedTest
  @MethodSource("io.espalier.worker.tensor.Golden#texts")
  void scores_and_hidden_states_are_those_of_transformers(String name) {
    Golden golden = Golden.of(name);
    Weights weights = golden.weights(manager);
    Tokens tokens = golden.tokens(manager);
    TextNetwork network = golden.network();
    var hidden = new Hidden();

    NDArray scores = network.forward(weights, tokens, hidden);
    NDArray last = network.encode(weights, tokens, ForwardHooks.NONE);

    if (network.input().task() == TextTask.QUESTION_ANSWERING) {
      assertClose(golden, Tensors.select(scores, 2, 0), "start_logits");
      assertClose(golden, Tensors.select(scores, 2, 1), "end_logits");
    } else {
      assertClose(golden, scores, "logits");
    }
    assertClose(golden, last, "last_hidden_state");
    assertThat(hidden.states).hasSize(1 + layers(golden));
    for (int i = 0; i < hidden.states.size(); i++) {
      assertClose(golden, hidden.states.get(i), "hidden_states." + i);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bert-qa, heads",
    "bert-qa, neurons",
    "bert-qa, both",
    "gptj, heads",
    "gptj, neurons",
    "gptj, both"
  })
  void removed_units_leave_the_scores_that_transformers_gives_without_them(
      String name, String which) {
    Golden golden = Golden.of(name);
    Golden oracle = Golden.of("scores/masked-" + name);
    Weights weights = golden.weights(manager);
    Tokens tokens = golden.tokens(manager);
    Kept kept = kept(oracle, weights.architecture(), which);
    TextNetwork network = golden.network();

    NDArray masked =
        network.forward(
            weights,
            tokens,
            Masks.of(weights.architecture(), kept, weights.get(weights.names().get(0))));
    NDArray cut = network.forward(weights.keep(kept), tokens, ForwardHooks.NONE);

    for (NDArray scores : List.of(masked, cut)) {
      if (name.equals("gptj")) {
        assertClose(oracle, scores, "scores", "masked." + which + ".logits");
      } else {
        assertClose(
            oracle, Tensors.select(scores, 2, 0), "scores", "masked." + which + ".start_logits");
        assertClose(
            oracle, Tensors.select(scores, 2, 1), "scores", "masked." + which + ".end_logits");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.espalier.worker.tensor.Golden#texts")
  void a_row_reads_the_same_whatever_it_is_filled_up_with(String name) {
    Golden golden = Golden.of(name);
    Weights weights = golden.weights(manager);
    Tokens tokens = golden.tokens(manager);
    TextNetwork network = golden.network();
    NDArray together = network.encode(weights, tokens, ForwardHooks.NONE);
    NDArray scores = network.forward(weights, tokens, ForwardHooks.NONE);

    for (int row = 0; row < tokens.ids().getShape().get(0); row++) {
      Tokens alone = alone(tokens, row);
      long length = alone.ids().getShape().get(1);

      NDArray states = network.encode(weights, alone, ForwardHooks.NONE);

      NDArray before = Tensors.slice(Tensors.slice(together, 0, row, row + 1), 1, 0, length);
      assertThat(states.toFloatArray()).containsExactly(before.toFloatArray(), within(2e-5f));
      if (scores.getShape().dimension() == 2) {
        float[] said = Tensors.slice(scores, 0, row, row + 1).toFloatArray();
        assertThat(network.forward(weights, alone, ForwardHooks.NONE).toFloatArray())
            .containsExactly(said, within(2e-5f));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert-qa", "bert-classifier", "gpt2", "gptj", "llama", "mistral"})
  void a_row_of_nothing_but_padding_gives_numbers(String name) {
    Golden golden = Golden.of(name);
    Tokens tokens = golden.tokens(manager);
    var empty = new Tokens(tokens.ids(), Tensors.scale(tokens.mask(), 0), tokens.types());

    NDArray scores = golden.network().forward(golden.weights(manager), empty, ForwardHooks.NONE);

    for (float score : scores.toFloatArray()) {
      assertThat(score).isFinite();
    }
  }

  private static int layers(Golden golden) {
    JsonNode config = golden.config();
    return config.path("num_hidden_layers").asInt(2);
  }

  /** One row without its padding. */
  private static Tokens alone(Tokens tokens, int row) {
    long length = Tensors.sum(Tensors.slice(tokens.mask(), 0, row, row + 1)).getLong();
    UnaryOperator<NDArray> cut =
        x -> Tensors.slice(Tensors.slice(x, 0, row, row + 1), 1, 0, length);
    return new Tokens(cut.apply(tokens.ids()), cut.apply(tokens.mask()), cut.apply(tokens.types()));
  }

  private static Kept kept(Golden oracle, Architecture architecture, String which) {
    var units = new HashMap<String, int[]>();
    for (Axis axis : architecture.prunableAxes()) {
      List<String> parts = List.of(axis.name().split("\\.", -1));
      String kind = parts.get(parts.size() - 1);
      if (which.equals("both") || which.equals(kind)) {
        var stored =
            oracle.read("scores", "kept.layer." + parts.get(parts.size() - 2) + "." + kind);
        var numbers = stored.bytes().order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        units.put(
            axis.name(),
            IntStream.range(0, numbers.remaining()).map(i -> (int) numbers.get(i)).toArray());
      }
    }
    return new Kept(units);
  }

  private static void assertClose(Golden golden, NDArray actual, String file, String expected) {
    var wanted = golden.read(file, expected);
    Golden.assertClose(Tensors.reshape(actual, wanted.shape()), wanted, TOLERANCE);
  }

  private static void assertClose(Golden golden, NDArray actual, String expected) {
    assertClose(golden, actual, "expected", expected);
  }
}
