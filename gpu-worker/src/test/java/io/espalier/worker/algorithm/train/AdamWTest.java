package io.espalier.worker.algorithm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import org.junit.jupiter.api.Test;

/** Against the formula, number by number in float64. */
class AdamWTest {
  private static final String WEIGHT = "qa_outputs.weight";
  private static final String BIAS = "qa_outputs.bias";
  private static final double RATE = 0.01;
  private static final double DECAY = 0.1;

  @Test
  void a_weight_moves_as_the_formula_says_and_a_bias_does_not_decay() {
    Golden golden = Golden.of("bert-qa");
    TextModel model = TextModel.of(golden.model());
    var settings = new OptimizerSettings.AdamW(DECAY);
    try (NDManager manager = PyTorch.newManager();
        Weights weights = Weights.load(model.directory(), model.architecture(), manager);
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Tokens tokens = golden.tokens(manager);
      var optimizer = settings.of(weights);
      weights.requireGradients(true);
      var weight = new Reference(weights.get(WEIGHT).toFloatArray(), DECAY);
      var bias = new Reference(weights.get(BIAS).toFloatArray(), 0);
      for (int step = 1; step <= 3; step++) {
        Gradients.of(
            () ->
                Tensors.mean(
                    Tensors.square(model.network().forward(weights, tokens, ForwardHooks.NONE))));
        weight.step(weights.gradient(WEIGHT).toFloatArray(), step);
        bias.step(weights.gradient(BIAS).toFloatArray(), step);
        optimizer.step(RATE, step);
      }
      weight.requireEqual(weights.get(WEIGHT).toFloatArray());
      bias.requireEqual(weights.get(BIAS).toFloatArray());
    }
  }

  private static final class Reference {
    private final double[] values;
    private final double[] first;
    private final double[] second;
    private final double decay;

    Reference(float[] start, double decay) {
      this.values = new double[start.length];
      for (int i = 0; i < start.length; i++) {
        values[i] = start[i];
      }
      this.first = new double[start.length];
      this.second = new double[start.length];
      this.decay = decay;
    }

    void step(float[] gradient, int step) {
      for (int i = 0; i < values.length; i++) {
        first[i] = 0.9 * first[i] + 0.1 * gradient[i];
        second[i] = 0.999 * second[i] + 0.001 * gradient[i] * gradient[i];
        double mean = first[i] / (1 - Math.pow(0.9, step));
        double square = second[i] / (1 - Math.pow(0.999, step));
        values[i] -= RATE * decay * values[i];
        values[i] -= RATE * mean / (Math.sqrt(square) + 1e-8);
      }
    }

    void requireEqual(float[] found) {
      for (int i = 0; i < found.length; i++) {
        assertThat((double) found[i]).isCloseTo(values[i], within(1e-5));
      }
    }
  }
}
