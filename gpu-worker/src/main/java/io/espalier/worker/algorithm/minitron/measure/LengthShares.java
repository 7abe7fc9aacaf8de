package io.espalier.worker.algorithm.minitron.measure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.tensor.Tensors;

/**
 * The part of the length of vectors that their first elements have: for each number of them the
 * mean over real tokens of {@code |first| / |all|}, in float64.
 */
final class LengthShares {
  /** Smaller than the square of any length that is not 0. */
  private static final double TINY = 1e-300;

  private double[] sums = new double[0];
  private double tokens;

  /**
   * Adds vectors, one sequence after another.
   *
   * @param x (batch, tokens, hidden)
   * @param mask (batch, tokens), 1 where a token is real and 0 where not
   */
  void add(NDArray x, NDArray mask) {
    for (long i = 0; i < x.getShape().get(0); i++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        long length = x.getShape().get(1);
        long width = x.getShape().get(2);
        NDArray rows =
            Tensors.inDoublePrecision(
                Tensors.reshape(Tensors.slice(x, 0, i, i + 1), length, width));
        NDArray real = Tensors.inDoublePrecision(Tensors.slice(mask, 0, i, i + 1)); // (1, tokens)
        NDArray squares = Tensors.cumulativeSum(Tensors.square(rows), 1);
        NDArray all = Tensors.atLeast(Tensors.slice(squares, 1, width - 1, width), TINY);
        add(Tensors.matMul(real, Tensors.sqrt(Tensors.divide(squares, all))).toDoubleArray());
        tokens += Tensors.sum(real).getDouble();
      }
    }
  }

  private void add(double[] more) {
    if (sums.length == 0) {
      sums = new double[more.length];
    }
    for (int i = 0; i < more.length; i++) {
      sums[i] += more[i];
    }
  }

  /** Returns the means, for 1 element and more. */
  double[] means() {
    double[] means = new double[sums.length];
    for (int i = 0; i < means.length; i++) {
      means[i] = sums[i] / tokens;
    }
    return means;
  }
}
