package io.espalier.worker.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Gradients of whole networks of text against central differences in float64. */
final class TextGradientTest {
  private static final double STEP = 1e-5;
  private static final double TOLERANCE = 1e-6;

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = PyTorch.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @MethodSource("io.espalier.worker.tensor.Golden#texts")
  void gradients_of_weights_and_of_what_heads_and_neurons_say_are_slopes(String name) {
    Golden golden = Golden.of(name);
    try (Weights single = golden.weights(manager);
        Weights weights = single.inDoublePrecision();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Tokens tokens = golden.tokens(manager);
      TextNetwork network = golden.network();
      weights.requireGradients(true);
      Masks masks = ones(weights);
      Supplier<NDArray> loss =
          () ->
              Tensors.mean(
                  Tensors.square(ofReal(network.forward(weights, tokens, masks), tokens.mask())));
      Gradients.of(loss);

      var leaves = new LinkedHashMap<String, NDArray>(masks.factors());
      weights.trainable().forEach(tensor -> leaves.put(tensor, weights.get(tensor)));
      assertThat(masks.factors()).hasSize(masked(name));
      leaves.forEach((leaf, array) -> assertSlope(leaf, array, loss));
    }
  }

  /**
   * Returns what is said of real tokens. Padding that sees none of them near it sees everything
   * alike, by scores that vanish beside the mask, so that it has no slope.
   */
  private static NDArray ofReal(NDArray said, NDArray mask) {
    return said.getShape().dimension() == 3
        ? Tensors.multiply(
            said,
            Tensors.reshape(
                Tensors.inTypeOf(said, mask), mask.getShape().get(0), mask.getShape().get(1), 1))
        : said;
  }

  /** Heads of each layer, and neurons of each or of each of its experts, the shared one too. */
  private static int masked(String name) {
    return switch (name) {
      case "mixtral" -> 2 + 2 * 4;
      case "gemma2" -> 2 * 3;
      case "gemma3" -> 2 * 4;
      case "qwen2-moe" -> 3 + 7 + 1 + 7;
      case "qwen3-moe" -> 3 + 6 + 1 + 6;
      default -> 2 * 2;
    };
  }

  /** At the element whose gradient is the largest. */
  private void assertSlope(String name, NDArray leaf, Supplier<NDArray> loss) {
    double[] gradient = Gradients.at(leaf).toDoubleArray();
    int at =
        IntStream.range(0, gradient.length)
            .reduce(0, (a, b) -> Math.abs(gradient[a]) < Math.abs(gradient[b]) ? b : a);
    double[] unit = new double[gradient.length];
    unit[at] = 1;
    NDArray direction = manager.create(unit, leaf.getShape());
    Tensors.addScaledInPlace(leaf, direction, STEP);
    double above = loss.get().getDouble();
    Tensors.addScaledInPlace(leaf, direction, -2 * STEP);
    double below = loss.get().getDouble();
    Tensors.addScaledInPlace(leaf, direction, STEP);

    double slope = (above - below) / (2 * STEP);
    assertThat(gradient[at])
        .as("%s[%d]", name, at)
        .isCloseTo(slope, within(TOLERANCE * Math.max(1, Math.abs(slope))));
  }

  private static Masks ones(Weights weights) {
    Architecture architecture = weights.architecture();
    var factors = new LinkedHashMap<String, NDArray>();
    NDArray like = weights.get(weights.names().get(0));
    architecture.axes().stream()
        .filter(axis -> axis.name().matches(".*\\.(heads|neurons)"))
        .forEach(
            axis -> {
              NDArray factor = Tensors.full(like, 1, axis.units());
              Gradients.require(factor, true);
              factors.put(axis.name(), factor);
            });
    return new Masks(factors);
  }
}
