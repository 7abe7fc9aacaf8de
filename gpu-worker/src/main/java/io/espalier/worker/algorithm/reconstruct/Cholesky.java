package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The factorisation {@code A + ridge · I = L · Lᵀ} of a symmetric positive definite matrix in
 * float64. It works by square blocks: those on the diagonal are factored in Java, all else are
 * products of the tensor library, which has no factorisation of its own.
 */
final class Cholesky {
  private static final int BLOCK = 128;

  private final int size;
  private final NDArray lower;
  private final List<NDArray> inverses;

  private Cholesky(NDArray lower, List<NDArray> inverses) {
    this.size = Math.toIntExact(lower.getShape().get(0));
    this.lower = lower;
    this.inverses = inverses;
  }

  /**
   * Factors a matrix with a ridge; empty if it is not positive definite. The arrays belong to the
   * open scope.
   *
   * @param matrix (n, n), float64, symmetric; stays as it is
   * @param ridge is added to its diagonal
   */
  static Optional<Cholesky> of(NDArray matrix, double ridge) {
    NDArray left = Tensors.scale(matrix, 1); // a copy that is overwritten
    int size = Math.toIntExact(matrix.getShape().get(0));
    List<NDArray> inverses = new ArrayList<>();
    for (int from = 0; from < size; from += BLOCK) {
      int to = Math.min(from + BLOCK, size);
      double[] corner = block(left, from, to, from, to).toDoubleArray();
      if (!factor(corner, to - from, ridge)) {
        return Optional.empty();
      }
      invert(corner, to - from);
      inverses.add(Tensors.of(matrix.getManager(), corner, to - from, to - from));
      if (to < size) {
        eliminate(left, inverses.get(inverses.size() - 1), from, to);
      }
    }
    return Optional.of(new Cholesky(left, inverses));
  }

  /** Turns the blocks below a corner into those of L, and takes their part out of the rest. */
  private static void eliminate(NDArray left, NDArray inverse, int from, int to) {
    int size = Math.toIntExact(left.getShape().get(0));
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray below = block(left, to, size, from, to);
      NDArray panel = Tensors.products(below, inverse); // A₂₁ · L₁₁⁻ᵀ
      Tensors.addScaledInPlace(below, Tensors.subtract(panel, below), 1);
      NDArray rest = block(left, to, size, to, size);
      Tensors.addScaledInPlace(rest, Tensors.products(panel, panel), -1);
    }
  }

  /**
   * The solution X of {@code (A + ridge · I) · X = right}.
   *
   * @param right (n, m), float64; stays as it is
   */
  NDArray solve(NDArray right) {
    NDArray x = Tensors.scale(right, 1);
    for (int i = 0; i < inverses.size(); i++) { // L · Z = right
      int to = Math.min((i + 1) * BLOCK, size);
      substitute(
          x, i, inverses.get(i), new Others(to, size, block(lower, to, size, i * BLOCK, to)));
    }
    for (int i = inverses.size() - 1; i >= 0; i--) { // Lᵀ · X = Z
      int to = Math.min((i + 1) * BLOCK, size);
      NDArray before = Tensors.transpose(block(lower, i * BLOCK, to, 0, i * BLOCK), 0, 1);
      substitute(x, i, Tensors.transpose(inverses.get(i), 0, 1), new Others(0, i * BLOCK, before));
    }
    return x;
  }

  /** Rows that are still to be solved for, and what one block of unknowns contributes to them. */
  private record Others(int from, int to, NDArray factors) {}

  /** Solves for one block of rows, and takes it out of the others. */
  private void substitute(NDArray x, int i, NDArray inverse, Others others) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      int from = i * BLOCK;
      NDArray rows = Tensors.slice(x, 0, from, Math.min(from + BLOCK, size));
      NDArray found = Tensors.matMul(inverse, rows);
      Tensors.addScaledInPlace(rows, Tensors.subtract(found, rows), 1);
      if (others.from() < others.to()) {
        NDArray rest = Tensors.slice(x, 0, others.from(), others.to());
        Tensors.addScaledInPlace(rest, Tensors.matMul(others.factors(), found), -1);
      }
    }
  }

  private static NDArray block(NDArray matrix, int fromRow, int toRow, int from, int to) {
    return Tensors.slice(Tensors.slice(matrix, 0, fromRow, toRow), 1, from, to);
  }

  /**
   * Replaces a small symmetric matrix by its lower factor; says no if it is not positive definite.
   */
  private static boolean factor(double[] a, int n, double ridge) {
    for (int j = 0; j < n; j++) {
      double pivot = a[j * n + j] + ridge - dot(a, j * n, j * n, j);
      if (!(pivot > 0)) {
        return false;
      }
      a[j * n + j] = Math.sqrt(pivot);
      for (int i = j + 1; i < n; i++) {
        a[i * n + j] = (a[i * n + j] - dot(a, i * n, j * n, j)) / a[j * n + j];
        a[j * n + i] = 0;
      }
    }
    return true;
  }

  private static double dot(double[] a, int left, int right, int length) {
    double sum = 0;
    for (int k = 0; k < length; k++) {
      sum += a[left + k] * a[right + k];
    }
    return sum;
  }

  /** Replaces a lower triangle by its inverse. */
  private static void invert(double[] a, int n) {
    double[] inverse = new double[n * n];
    for (int column = 0; column < n; column++) {
      inverse[column * n + column] = 1 / a[column * n + column];
      for (int row = column + 1; row < n; row++) {
        double sum = 0;
        for (int k = column; k < row; k++) {
          sum += a[row * n + k] * inverse[k * n + column];
        }
        inverse[row * n + column] = -sum / a[row * n + row];
      }
    }
    System.arraycopy(inverse, 0, a, 0, a.length);
  }
}
