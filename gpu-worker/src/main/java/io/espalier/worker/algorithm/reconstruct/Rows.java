package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.T;
import java.util.Optional;

/**
 * Samples of least squares, each multiplied by the root of what it counts.
 *
 * @param x (rows, inputs)
 * @param y (rows, outputs)
 * @param roots (rows, 1), float64; empty if all count alike
 */
record Rows(NDArray x, NDArray y, Optional<NDArray> roots) {
  /** Samples that count alike; of the type that they come in. */
  static Rows alike(NDArray x, NDArray y) {
    return new Rows(x, y, Optional.empty());
  }

  /**
   * Weighted samples, in float64.
   *
   * @param weights (rows), not negative
   */
  static Rows weighted(NDArray x, NDArray y, NDArray weights) {
    NDArray roots = T.reshape(T.sqrt(T.inDoublePrecision(weights)), weights.size(), 1);
    return new Rows(
        T.multiply(T.inDoublePrecision(x), roots),
        T.multiply(T.inDoublePrecision(y), roots),
        Optional.of(roots));
  }

  /** How many there are. */
  long count() {
    return x.getShape().get(0);
  }

  /** Some of them, one after another. */
  Rows part(long from, long to) {
    return from == 0 && to == count()
        ? this
        : new Rows(
            T.slice(x, 0, from, to),
            T.slice(y, 0, from, to),
            roots.map(all -> T.slice(all, 0, from, to)));
  }

  /** The same in float64. */
  Rows exact() {
    return new Rows(T.inDoublePrecision(x), T.inDoublePrecision(y), roots);
  }

  /** The same in float32. */
  Rows single() {
    NDArray like = T.of(x.getManager(), new float[1], 1);
    return new Rows(T.inTypeOf(like, x), T.inTypeOf(like, y), roots);
  }

  /** Σ of what the samples count. */
  double weight() {
    return roots.map(all -> T.sum(T.square(all)).getDouble()).orElse((double) count());
  }

  /** Σ of weighted rows of x or y, (columns), float64. */
  NDArray sum(NDArray rows) {
    if (roots.isEmpty()) {
      return T.inDoublePrecision(T.sum(rows, 0));
    }
    NDArray turned = T.transpose(roots.get(), 0, 1); // (1, rows)
    NDArray sums = T.matMul(turned, T.inDoublePrecision(rows));
    return T.reshape(sums, rows.getShape().get(1));
  }
}
