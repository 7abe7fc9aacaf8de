package io.espalier.worker.algorithm.reconstruct.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.model.transformer.StackedNetwork;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Of a small BERT that answers questions: eight texts, of which the fourth and last are held out.
 */
class OutputDivergenceTest {
  private static final long SEED = 3;
  private static final int[] HELD_OUT = {3, 7};

  private final TextModel model = TextModel.of(Golden.of("bert-qa").model());
  private final NDManager manager = PyTorch.newManager();
  private final Weights original = Weights.load(model.directory(), model.architecture());
  private final Weights other = Weights.load(model.directory(), model.architecture());
  private final int[][] texts = texts();

  @AfterEach
  void close() {
    original.close();
    other.close();
    manager.close();
  }

  @Test
  void what_all_places_of_an_answer_share_says_nothing() {
    var bias = other.get("qa_outputs.bias");
    Tensors.addScaledInPlace(bias, Tensors.full(bias, 1, 2), 3);

    assertThat(divergence(0)).isCloseTo(0, within(1e-6));
  }

  @Test
  void starts_and_ends_of_answers_are_distributions_over_real_tokens() {
    var weight = other.get("qa_outputs.weight");
    Tensors.addScaledInPlace(weight, weight, 2);
    double wanted = 0;
    for (int text : HELD_OUT) {
      float[] before = says(original, text);
      float[] after = says(other, text);
      for (int kind = 0; kind < 2; kind++) {
        wanted += divergence(before, after, kind) / (2 * HELD_OUT.length);
      }
    }

    assertThat(wanted).isGreaterThan(0.01);
    assertThat(divergence(0)).isCloseTo(wanted, within(1e-4 * wanted));
    assertThat(divergence(5)).as("among padding").isCloseTo(wanted, within(1e-4 * wanted));
  }

  private double divergence(int padding) {
    var passes =
        new SequencePasses((StackedNetwork) model.network(), new Sequences(texts, padding), 4);
    return new OutputDivergence(passes, original, passes).of(other, manager);
  }

  /** Start and end of each token, of one text alone. */
  private float[] says(Weights weights, int text) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Tokens tokens = Tokens.of(manager, new Sequences(texts, 0).batch(new int[] {text}));
      return model.network().forward(weights, tokens, ForwardHooks.NONE).toFloatArray();
    }
  }

  /** By loops over the tokens of a text. */
  private static double divergence(float[] before, float[] after, int kind) {
    double ofBefore = 0;
    double ofAfter = 0;
    for (int i = kind; i < before.length; i += 2) {
      ofBefore += Math.exp(before[i]);
      ofAfter += Math.exp(after[i]);
    }
    double sum = 0;
    for (int i = kind; i < before.length; i += 2) {
      double p = Math.exp(before[i]) / ofBefore;
      double q = Math.exp(after[i]) / ofAfter;
      sum += p * Math.log(p / q);
    }
    return sum;
  }

  private static int[][] texts() {
    var random = new Random(SEED);
    return IntStream.range(0, 8)
        .mapToObj(text -> random.ints(5 + text, 1, 90).toArray())
        .toArray(int[][]::new);
  }
}
