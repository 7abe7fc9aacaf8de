package io.espalier.worker.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Operations of transformers against their definitions, and their gradients against slopes. */
final class TextOperatorsTest {
  private static final double STEP = 1e-6;

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

  static Stream<Arguments> operators() {
    return Stream.of(
        named("gelu", Tensors::gelu),
        named("geluTanh", Tensors::geluTanh),
        named("tanh", Tensors::tanh),
        named("silu", Tensors::silu),
        named("atLeast", x -> Tensors.atLeast(x, 0.1)),
        named("divide", x -> Tensors.divide(x, Tensors.add(Tensors.square(x), 1))),
        named("softmax", x -> Tensors.softmax(x, 1)),
        named("transpose", x -> Tensors.matMul(x, Tensors.transpose(x, 0, 1))),
        named("slice", x -> Tensors.slice(x, 1, 1, 3)),
        named("concat", x -> Tensors.concat(1, x, Tensors.square(x))),
        named("repeat", x -> Tensors.repeat(x, 1, 3)),
        named(
            "gather",
            x -> Tensors.gather(x, Tensors.of(x.getManager(), new long[] {3, 0, 3}, 3, 1), 1)),
        named(
            "embedding",
            x -> Tensors.embedding(x, Tensors.of(x.getManager(), new long[] {2, 0, 2}, 3))),
        named("cumulativeSum", x -> Tensors.cumulativeSum(x, 1)),
        named("linear", x -> Tensors.linear(x, Tensors.square(x))),
        named(
            "layerNorm",
            x -> {
              NDArray row = Tensors.reshape(Tensors.slice(x, 0, 0, 1), 4);
              return Tensors.layerNorm(x, Tensors.square(row), row, 1e-5);
            }));
  }

  private static Arguments named(String name, UnaryOperator<NDArray> operator) {
    return Arguments.of(name, operator);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operators")
  void gradients_are_slopes(String name, UnaryOperator<NDArray> operator) {
    double[] values = new Random(name.hashCode()).doubles(12, -2, 2).toArray();
    NDArray x = manager.create(values, new Shape(3, 4));
    Gradients.require(x, true);
    Gradients.of(() -> loss(operator, x));
    double[] gradient = Gradients.at(x).toDoubleArray();

    for (int i = 0; i < values.length; i++) {
      double slope =
          (shifted(operator, values, i, STEP) - shifted(operator, values, i, -STEP)) / (2 * STEP);
      assertThat(gradient[i]).as("%s[%d]", name, i).isCloseTo(slope, within(1e-6));
    }
  }

  private double shifted(UnaryOperator<NDArray> operator, double[] values, int at, double by) {
    double[] copy = values.clone();
    copy[at] += by;
    return loss(operator, manager.create(copy, new Shape(3, 4))).getDouble();
  }

  /** Not the plain sum, of which some gradients vanish. */
  private static NDArray loss(UnaryOperator<NDArray> operator, NDArray x) {
    NDArray y = operator.apply(x);
    return Tensors.mean(Tensors.square(Tensors.add(y, Tensors.cumulativeSum(y, 1))));
  }

  @Test
  void both_forms_of_gelu_are_their_formulas() {
    double[] x = {-3, -1, -0.1, 0, 0.5, 2};
    NDArray array = manager.create(x);

    double[] tanh = Tensors.geluTanh(array).toDoubleArray();
    double[] exact = Tensors.gelu(array).toDoubleArray();

    for (int i = 0; i < x.length; i++) {
      double inner = Math.sqrt(2 / Math.PI) * (x[i] + 0.044715 * Math.pow(x[i], 3));
      assertThat(tanh[i]).isCloseTo(x[i] / 2 * (1 + Math.tanh(inner)), within(1e-12));
      assertThat(exact[i]).isCloseTo(tanh[i], within(5e-4));
    }
    assertThat(exact[5]).isCloseTo(2 * 0.977249868051821, within(1e-12)); // Φ(2)
  }

  @Test
  void layer_normalisation_takes_the_biased_variance_of_the_last_axis() {
    NDArray x = Tensors.of(manager, new float[] {1, 3, 0, 8}, 2, 2);

    NDArray out =
        Tensors.layerNorm(
            x,
            Tensors.of(manager, new float[] {2, 3}, 2),
            Tensors.of(manager, new float[] {10, 20}, 2),
            3);

    assertThat(out.toFloatArray()) // deviations √(1 + 3) and √(16 + 3)
        .containsExactly(
            new float[] {
              9, 21.5f, (float) (10 - 8 / Math.sqrt(19)), (float) (20 + 12 / Math.sqrt(19))
            },
            within(1e-5f));
  }

  @Test
  void places_of_real_tokens_are_counted_by_their_ids() {
    NDArray ids = Tensors.of(manager, new long[] {7, 1, 5, 1, 1, 9}, 2, 3);

    NDArray real = Tensors.isNot(ids, 1);

    assertThat(real.toLongArray()).containsExactly(1, 0, 1, 0, 0, 1);
    assertThat(Tensors.cumulativeSum(real, 1).toLongArray()).containsExactly(1, 1, 2, 0, 0, 1);
  }

  @Test
  void rows_of_a_table_are_looked_up_in_the_asked_order() {
    NDArray table = Tensors.of(manager, new float[] {0, 1, 10, 11, 20, 21}, 3, 2);

    NDArray out = Tensors.embedding(table, Tensors.of(manager, new long[] {2, 0, 2, 1}, 2, 2));

    assertThat(out.getShape().getShape()).containsExactly(2, 2, 2);
    assertThat(out.toFloatArray()).containsExactly(20, 21, 0, 1, 20, 21, 10, 11);
  }
}
