package io.espalier.worker.algorithm.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.algorithm.reconstruct.LeastSquares.Solution;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against NumPy, which solves each system as one tall one; {@code least-squares/make.py}. */
class LeastSquaresTest {
  private static final String LAYER = "layer1.0.conv2.weight";

  private final NDManager manager = PyTorch.newManager();
  private final NDScope scope = new NDScope();

  @SuppressWarnings("ArrayRecordComponent") // numbers of the oracle, never compared as a whole
  record Golden(
      String name,
      boolean free,
      double[][] x,
      double[][] y,
      double[] weights,
      double[][] plain,
      double[] plainIntercept,
      double[][] weight,
      double[] intercept,
      double lambda,
      double errorBefore,
      double errorAfter,
      long samples) {
    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeEach
  void openScope() {
    scope.suppressNotUsedWarning();
  }

  @AfterEach
  void close() {
    scope.close();
    manager.close();
  }

  static Stream<Golden> cases() throws IOException {
    try (InputStream file =
        LeastSquaresTest.class.getResourceAsStream("/golden/least-squares/cases.json")) {
      return Stream.of(new ObjectMapper().readValue(file, Golden[].class));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void weights_intercept_ridge_and_errors_are_those_of_numpy(Golden golden) {
    Solution solution = solve(golden);

    assertThat(solution.map().weight().toDoubleArray())
        .containsExactly(flat(golden.weight()), offset(1e-6));
    assertThat(solution.map().intercept().toDoubleArray())
        .containsExactly(golden.intercept(), offset(1e-6));
    LayerReconstruction report = solution.report();
    assertThat(report.layer()).isEqualTo(LAYER);
    assertThat(report.lambda()).isEqualTo(golden.lambda());
    assertThat(report.errorBefore()).isEqualTo(golden.errorBefore(), within(1e-9));
    assertThat(report.errorAfter()).isEqualTo(golden.errorAfter(), within(1e-9));
    assertThat(report.samples()).isEqualTo(golden.samples());
    assertThat(report.unknowns()).isEqualTo(golden.x()[0].length + (golden.free() ? 1 : 0));
    assertThat(report.solved()).isEqualTo(golden.lambda() > 0);
    assertThat(report.isUnderdetermined()).isEqualTo(golden.samples() < report.unknowns());
  }

  @Test
  void the_same_samples_give_the_same_bits() {
    Golden golden = cases(0);

    double[] first = solve(golden).map().weight().toDoubleArray();
    double[] second = solve(golden).map().weight().toDoubleArray();

    assertThat(first).containsExactly(second);
  }

  @Test
  void batches_one_after_another_hold_out_the_last_quarter_of_each() {
    var random = new Random(1);
    double[] x = random.doubles(32).toArray();
    double[] y = Arrays.stream(x).map(value -> 3 * value).toArray();
    for (int batch = 0; batch < 4; batch++) {
      y[batch * 8 + 7] = 5 * x[batch * 8 + 7]; // held out, as the one before it
      y[batch * 8 + 6] = 5 * x[batch * 8 + 6];
    }

    Solution solution;
    try (var squares = new LeastSquares(manager, LAYER, 1, 1)) {
      for (int batch = 0; batch < 4; batch++) {
        squares.add(rows(x, batch * 8, 8), rows(y, batch * 8, 8));
      }
      solution =
          squares.solve(LinearMap.of(Tensors.of(manager, new double[] {0}, 1, 1)), Intercept.FIXED);
    }

    assertThat(solution.map().weight().toDoubleArray())
        .containsExactly(new double[] {3}, offset(1e-5));
    assertThat(solution.report().errorAfter()).isPositive();
    assertThat(solution.report().samples()).isEqualTo(24);
  }

  @Test
  void a_map_of_wide_rows_is_found_again_although_products_are_in_float32() {
    int inputs = 1100;
    int rows = 2400;
    var random = new Random(2);
    NDArray x = drawn(random, rows, inputs);
    NDArray truth = drawn(random, 3, inputs);
    NDArray y = Tensors.products(x, truth);

    Solution solution;
    try (var squares = new LeastSquares(manager, LAYER, inputs, 3)) {
      squares.add(x, y);
      NDArray nothing = Tensors.full(truth, 0, 3, inputs);
      solution = squares.solve(LinearMap.of(nothing), Intercept.SOLVED);
    }

    assertThat(solution.map().weight().toDoubleArray())
        .containsExactly(Tensors.inDoublePrecision(truth).toDoubleArray(), offset(1e-3));
    assertThat(solution.report().errorAfter()).isLessThan(1e-5);
  }

  @Test
  void samples_that_are_all_zero_keep_the_plain_weights() {
    NDArray plain = Tensors.of(manager, new double[] {1, 2}, 1, 2);

    Solution solution;
    try (var squares = new LeastSquares(manager, LAYER, 2, 1)) {
      squares.add(Tensors.full(plain, 0, 8, 2), Tensors.full(plain, 1, 8, 1));
      solution = squares.solve(LinearMap.of(plain), Intercept.FIXED);
    }

    assertThat(solution.report().solved()).isFalse();
    assertThat(solution.map().weight().toDoubleArray()).containsExactly(1, 2);
  }

  @Test
  void a_number_that_is_not_finite_is_refused_with_layer_and_batch() {
    NDArray sound = Tensors.of(manager, new double[] {1, 2, 3, 4}, 4, 1);
    NDArray broken = Tensors.of(manager, new double[] {1, 2, 3, Double.NaN}, 4, 1);

    try (var squares = new LeastSquares(manager, LAYER, 1, 1)) {
      squares.add(sound, sound);

      assertThatThrownBy(() -> squares.add(sound, broken))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("'layer1.0.conv2.weight'")
          .hasMessageContaining("batch 2");
    }
  }

  private Golden cases(int index) {
    try {
      return cases().toList().get(index);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Solution solve(Golden golden) {
    int inputs = golden.x()[0].length;
    int outputs = golden.y()[0].length;
    try (var squares = new LeastSquares(manager, LAYER, inputs, outputs)) {
      squares.add(
          matrix(golden.x()),
          matrix(golden.y()),
          Tensors.of(manager, golden.weights(), golden.weights().length));
      NDArray intercept = Tensors.of(manager, golden.plainIntercept(), outputs);
      return squares.solve(
          LinearMap.of(matrix(golden.plain()), intercept),
          golden.free() ? Intercept.SOLVED : Intercept.FIXED);
    }
  }

  private NDArray matrix(double[][] rows) {
    return Tensors.of(manager, flat(rows), rows.length, rows[0].length);
  }

  private static double[] flat(double[][] rows) {
    return Stream.of(rows).flatMapToDouble(Arrays::stream).toArray();
  }

  private NDArray rows(double[] values, int from, int count) {
    return Tensors.of(manager, Arrays.copyOfRange(values, from, from + count), count, 1);
  }

  private NDArray drawn(Random random, int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensors.of(manager, values, rows, columns);
  }
}
