package io.espalier.worker.algorithm.minitron.rotate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.tensor.Tensors;

/**
 * The sum over real tokens of x̂ · x̂ᵀ in float64, x̂ being a vector of the stream over the root of
 * its mean square.
 *
 * <p>Products of narrow vectors are made in float64; those of wide ones in float32, by sequences
 * that are added up in float64, which takes half the time.
 */
final class StreamCovariance {
  /** Vectors wider than this are multiplied in float32. */
  private static final int EXACT = 1024;

  /** Smaller than the mean square of any vector that is not 0. */
  private static final double TINY = 1e-300;

  private final NDArray sums;
  private double vectors;

  /** Makes sums of nothing yet; they live as long as the manager. */
  StreamCovariance(NDManager manager, int width) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      sums = Tensors.full(Tensors.of(manager, new double[1], 1), 0, width, width);
      NDScope.unregister(sums);
      sums.attach(manager);
    }
  }

  /**
   * Adds vectors.
   *
   * @param x (batch, tokens, hidden)
   * @param mask (batch, tokens), 1 where a token is real and 0 where not
   */
  void add(NDArray x, NDArray mask) {
    for (long i = 0; i < x.getShape().get(0); i++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        addSequence(here(Tensors.slice(x, 0, i, i + 1)), here(Tensors.slice(mask, 0, i, i + 1)));
      }
    }
  }

  private NDArray here(NDArray array) {
    return Tensors.on(array, sums.getDevice());
  }

  /** Adds the vectors of other sums. */
  void add(StreamCovariance others) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Tensors.addScaledInPlace(sums, others.sums, 1);
      vectors += others.vectors;
    }
  }

  private void addSequence(NDArray x, NDArray mask) {
    long length = x.getShape().get(1);
    long width = x.getShape().get(2);
    NDArray rows = Tensors.inDoublePrecision(Tensors.reshape(x, length, width));
    NDArray real = Tensors.reshape(Tensors.inDoublePrecision(mask), length, 1);
    NDArray squares = Tensors.reshape(Tensors.sum(Tensors.square(rows), 1), length, 1);
    NDArray means = Tensors.atLeast(Tensors.scale(squares, 1.0 / width), TINY);
    NDArray unit = Tensors.multiply(Tensors.divide(rows, Tensors.sqrt(means)), real);
    NDArray factors = width <= EXACT ? unit : Tensors.inTypeOf(x, unit);
    NDArray product = Tensors.matMul(Tensors.transpose(factors, 0, 1), factors);
    Tensors.addScaledInPlace(sums, Tensors.inDoublePrecision(product), 1);
    vectors += Tensors.sum(real).getDouble();
  }

  /** Tells whether every sum is a finite number. */
  boolean finite() {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      return Double.isFinite(Tensors.sum(sums).getDouble());
    }
  }

  /** Returns the mean over all vectors, (hidden, hidden), row by row. */
  double[][] mean() {
    double[] flat = sums.toDoubleArray();
    int width = Math.toIntExact(sums.getShape().get(0));
    double[][] rows = new double[width][width];
    for (int i = 0; i < width; i++) {
      for (int j = 0; j < width; j++) {
        rows[i][j] = (flat[i * width + j] + flat[j * width + i]) / (2 * vectors);
      }
    }
    return rows;
  }
}
