package io.espalier.worker.algorithm.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Solutions against the numbers that the right side was made of. */
class CholeskyTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 127, 128, 129, 300})
  void what_was_multiplied_by_the_matrix_and_its_ridge_comes_back(int size) {
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      var random = new Random(size);
      NDArray rows = drawn(manager, random, size + 20, size);
      NDArray matrix = Tensors.matMul(Tensors.transpose(rows, 0, 1), rows);
      NDArray wanted = drawn(manager, random, size, 3);
      double[] before = matrix.toDoubleArray();
      double ridge = 0.5;
      NDArray right = Tensors.add(Tensors.matMul(matrix, wanted), Tensors.scale(wanted, ridge));

      NDArray found = Cholesky.of(matrix, ridge).orElseThrow().solve(right);

      assertThat(found.toDoubleArray()).containsExactly(wanted.toDoubleArray(), offset(1e-9));
      assertThat(matrix.toDoubleArray()).containsExactly(before);
    }
  }

  @Test
  void a_matrix_that_is_not_positive_definite_has_no_factors() {
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray matrix = Tensors.of(manager, new double[] {1, 2, 2, 1}, 2, 2);

      assertThat(Cholesky.of(matrix, 0)).isEmpty();
      assertThat(Cholesky.of(matrix, 1.5)).isPresent();
    }
  }

  private static NDArray drawn(NDManager manager, Random random, int rows, int columns) {
    return Tensors.of(
        manager,
        random.doubles((long) rows * columns).map(value -> value - 0.5).toArray(),
        rows,
        columns);
  }
}
