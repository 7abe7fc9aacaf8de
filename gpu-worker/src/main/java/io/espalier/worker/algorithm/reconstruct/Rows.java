package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;
import java.util.Optional;

/**
 * Samples of least squares, each multiplied by the root of what it counts.
 *
 * @param x (rows, inputs)
 * @param y (rows, outputs)
 * @param roots (rows, 1), float64; empty if all count alike
 */
record Rows(NDArray x, NDArray y, Optional<NDArray> roots) {
  /** Returns samples that count alike; of the type that they come in. */
  static Rows alike(NDArray x, NDArray y) {
    return new Rows(x, y, Optional.empty());
  }

  /**
   * Returns weighted samples, in float64.
   *
   * @param weights (rows), not negative
   */
  static Rows weighted(NDArray x, NDArray y, NDArray weights) {
    NDArray roots =
        Tensors.reshape(Tensors.sqrt(Tensors.inDoublePrecision(weights)), weights.size(), 1);
    return new Rows(
        Tensors.multiply(Tensors.inDoublePrecision(x), roots),
        Tensors.multiply(Tensors.inDoublePrecision(y), roots),
        Optional.of(roots));
  }

  /** Returns how many there are. */
  long count() {
    return x.getShape().get(0);
  }

  /** Returns some of them, one after another. */
  Rows part(long from, long to) {
    return from == 0 && to == count()
        ? this
        : new Rows(
            Tensors.slice(x, 0, from, to),
            Tensors.slice(y, 0, from, to),
            roots.map(all -> Tensors.slice(all, 0, from, to)));
  }

  /** Returns the same in float64. */
  Rows exact() {
    return new Rows(Tensors.inDoublePrecision(x), Tensors.inDoublePrecision(y), roots);
  }

  /** Returns the same in float32. */
  Rows single() {
    NDArray like = Tensors.of(x.getManager(), new float[1], 1);
    return new Rows(Tensors.inTypeOf(like, x), Tensors.inTypeOf(like, y), roots);
  }

  /** Returns Σ of what the samples count. */
  double weight() {
    return roots.map(all -> Tensors.sum(Tensors.square(all)).getDouble()).orElse((double) count());
  }

  /** Returns Σ of weighted rows of x or y, (columns), float64. */
  NDArray sum(NDArray rows) {
    if (roots.isEmpty()) {
      return Tensors.inDoublePrecision(Tensors.sum(rows, 0));
    }
    NDArray turned = Tensors.transpose(roots.get(), 0, 1); // (1, rows)
    NDArray sums = Tensors.matMul(turned, Tensors.inDoublePrecision(rows));
    return Tensors.reshape(sums, rows.getShape().get(1));
  }
}
