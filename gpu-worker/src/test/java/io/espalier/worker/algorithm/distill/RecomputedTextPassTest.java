package io.espalier.worker.algorithm.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.reconstruct.transformer.Sequences;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.model.transformer.LayeredNetwork;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the gradients of a pass that keeps everything. */
class RecomputedTextPassTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama",
        "llama-tied-rope-llama3-scaling",
        "gpt2",
        "gptj",
        "qwen2-moe",
        "mixtral",
        "gemma3"
      })
  void gradients_are_those_of_a_pass_that_keeps_all_activations(String name) {
    TextModel model = TextModel.of(ModelDirectory.open(Golden.of(name).directory()));
    var network = (LayeredNetwork) model.network();

    Map<String, float[]> wanted = gradients(model, new TextPass(network));
    Map<String, float[]> found = gradients(model, new RecomputedTextPass(network));

    assertThat(found.keySet()).isEqualTo(wanted.keySet());
    wanted.forEach(
        (tensor, values) -> {
          double largest = 0;
          for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
          }
          assertThat(found.get(tensor))
              .as(tensor)
              .containsExactly(values, within((float) (1e-5 * largest + 1e-9)));
        });
  }

  /** Gradients of a loss that asks every score for something else, and the loss. */
  private static Map<String, float[]> gradients(TextModel model, NetworkPass<Tokens> pass) {
    var random = new Random(4);
    int[][] texts = new int[3][];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = random.ints(5 + i, 0, 20).toArray();
    }
    Map<String, float[]> found = new LinkedHashMap<>();
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope();
        Weights weights = Weights.load(model.directory(), model.architecture(), manager)) {
      scope.suppressNotUsedWarning();
      Tokens tokens = Tokens.of(manager, new Sequences(texts, 1).batch(new int[] {0, 1, 2}));
      weights.requireGradients(true);
      double loss = pass.addGradients(weights, tokens, wish(manager));
      found.put("loss", new float[] {(float) loss});
      for (String tensor : weights.trainable()) {
        found.put(tensor, weights.gradient(tensor).toFloatArray());
      }
      weights.requireGradients(false);
    }
    return found;
  }

  private static UnaryOperator<NDArray> wish(NDManager manager) {
    return said -> {
      var random = new Random(9);
      float[] wished = new float[Math.toIntExact(said.size())];
      for (int i = 0; i < wished.length; i++) {
        wished[i] = (float) random.nextGaussian();
      }
      NDArray target = Tensors.of(manager, wished, said.getShape().getShape());
      return Tensors.scale(Tensors.sum(Tensors.square(Tensors.subtract(said, target))), 0.01);
    };
  }
}
