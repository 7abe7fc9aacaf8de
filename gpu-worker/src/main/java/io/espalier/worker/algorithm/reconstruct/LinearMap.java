package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;

/**
 * A linear map with an intercept: {@code y = weight · x + intercept}.
 *
 * @param weight (outputs, inputs), float64
 * @param intercept (outputs), float64
 */
public record LinearMap(NDArray weight, NDArray intercept) {
  /** A map with a copy of both in float64. */
  public static LinearMap of(NDArray weight, NDArray intercept) {
    return new LinearMap(Tensors.inDoublePrecision(weight), Tensors.inDoublePrecision(intercept));
  }

  /** A map without intercept, with a copy of the weight in float64. */
  public static LinearMap of(NDArray weight) {
    NDArray wide = Tensors.inDoublePrecision(weight);
    return new LinearMap(wide, Tensors.full(wide, 0, wide.getShape().get(0)));
  }
}
