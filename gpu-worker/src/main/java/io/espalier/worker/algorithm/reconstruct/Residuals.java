package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.T;
import java.util.Optional;

/**
 * Sums over weighted rows x (inputs) and what a map leaves unexplained of each, r (outputs). All
 * arrays are float64.
 *
 * @param gram Σ x · xᵀ, (inputs, inputs)
 * @param cross Σ x · rᵀ, (inputs, outputs)
 * @param inputs Σ x, (inputs)
 * @param outputs Σ r, (outputs)
 * @param weight Σ 1
 * @param squares Σ r²
 */
record Residuals(
    NDArray gram, NDArray cross, NDArray inputs, NDArray outputs, double weight, double squares) {
  /**
   * What is to be added to the map.
   *
   * @param slope (inputs, outputs)
   * @param intercept (outputs)
   */
  record Correction(NDArray slope, NDArray intercept) {}

  /** The same around the means of x and r, which is what counts if the intercept is free. */
  Residuals centred() {
    NDArray x = Moments.column(inputs);
    NDArray share = T.scale(x, 1 / weight);
    NDArray centred = T.subtract(gram, T.products(share, x));
    NDArray around = T.subtract(cross, T.products(share, Moments.column(outputs)));
    return new Residuals(centred, around, inputs, outputs, weight, squares);
  }

  /** Mean of the diagonal of the Gram matrix. */
  double meanDiagonal() {
    int size = Math.toIntExact(inputs.size());
    NDArray diagonal = T.select(T.reshape(gram, gram.size()), 0, diagonal(size));
    return T.sum(diagonal).getDouble() / size;
  }

  private static int[] diagonal(int size) {
    int[] places = new int[size];
    for (int i = 0; i < size; i++) {
      places[i] = Math.multiplyExact(i, size + 1);
    }
    return places;
  }

  /** The slope that explains most of r with a ridge; empty if rounding hides it. */
  Optional<NDArray> slope(double ridge) {
    return Cholesky.of(gram, ridge).map(factors -> factors.solve(cross));
  }

  /** The correction with the intercept that fits a slope best. */
  Correction withIntercept(NDArray slope) {
    NDArray said = T.matMul(T.reshape(inputs, 1, inputs.size()), slope); // Σ slopeᵀ · x
    NDArray left = T.subtract(outputs, T.reshape(said, outputs.size()));
    return new Correction(slope, T.scale(left, 1 / weight));
  }

  /** The correction that leaves the intercept as it is. */
  Correction withoutIntercept(NDArray slope) {
    return new Correction(slope, T.full(outputs, 0, outputs.size()));
  }

  /** Σ of the squares that are left after a correction. */
  double squaresAfter(Correction correction) {
    NDArray slope = correction.slope();
    NDArray intercept = correction.intercept();
    NDArray said = T.matMul(T.reshape(inputs, 1, inputs.size()), slope); // (1, outputs)
    NDArray quadratic = T.subtract(T.matMul(gram, slope), T.scale(cross, 2));
    NDArray linear = T.subtract(T.reshape(said, outputs.size()), outputs);
    NDArray constant = T.add(T.scale(linear, 2), T.scale(intercept, weight));
    return squares
        + T.sum(T.multiply(slope, quadratic)).getDouble()
        + T.sum(T.multiply(intercept, constant)).getDouble();
  }
}
