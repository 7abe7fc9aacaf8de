package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;
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
   * Correction to add to the map.
   *
   * @param slope (inputs, outputs)
   * @param intercept (outputs)
   */
  record Correction(NDArray slope, NDArray intercept) {}

  /** The same around the means of x and r, which is what counts if the intercept is free. */
  Residuals centred() {
    NDArray x = Moments.column(inputs);
    NDArray share = Tensors.scale(x, 1 / weight);
    NDArray centred = Tensors.subtract(gram, Tensors.products(share, x));
    NDArray around = Tensors.subtract(cross, Tensors.products(share, Moments.column(outputs)));
    return new Residuals(centred, around, inputs, outputs, weight, squares);
  }

  /** Mean of the diagonal of the Gram matrix. */
  double meanDiagonal() {
    int size = Math.toIntExact(inputs.size());
    NDArray diagonal = Tensors.select(Tensors.reshape(gram, gram.size()), 0, diagonal(size));
    return Tensors.sum(diagonal).getDouble() / size;
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
    NDArray said = Tensors.matMul(Tensors.reshape(inputs, 1, inputs.size()), slope); // Σ slopeᵀ · x
    NDArray left = Tensors.subtract(outputs, Tensors.reshape(said, outputs.size()));
    return new Correction(slope, Tensors.scale(left, 1 / weight));
  }

  /** The correction that leaves the intercept as it is. */
  Correction withoutIntercept(NDArray slope) {
    return new Correction(slope, Tensors.full(outputs, 0, outputs.size()));
  }

  /** Σ of the squares that are left after a correction. */
  double squaresAfter(Correction correction) {
    NDArray slope = correction.slope();
    NDArray intercept = correction.intercept();
    NDArray said = Tensors.matMul(Tensors.reshape(inputs, 1, inputs.size()), slope); // (1, outputs)
    NDArray quadratic = Tensors.subtract(Tensors.matMul(gram, slope), Tensors.scale(cross, 2));
    NDArray linear = Tensors.subtract(Tensors.reshape(said, outputs.size()), outputs);
    NDArray constant = Tensors.add(Tensors.scale(linear, 2), Tensors.scale(intercept, weight));
    return squares
        + Tensors.sum(Tensors.multiply(slope, quadratic)).getDouble()
        + Tensors.sum(Tensors.multiply(intercept, constant)).getDouble();
  }
}
