package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;

/** Balance between the loss of what a student says and those of what it computes on the way. */
public enum Balance {
  /** Inner losses as they are. */
  STATIC {
    @Override
    NDArray of(NDArray inner, NDArray output) {
      return inner;
    }
  },
  /**
   * Each inner loss scaled to be as large as that of the output, anew in every step; the scale is a
   * constant where gradients are taken.
   *
   * <p>Source: ModelOpt {@code modelopt/torch/distill/plugins/megatron.py}, {@code
   * LogitsAndIntermediatesLossBalancer}, which scales the mean of all inner losses: the same for a
   * single one.
   */
  DYNAMIC {
    @Override
    NDArray of(NDArray inner, NDArray output) {
      NDArray size = Tensors.atLeast(Tensors.magnitude(Tensors.constant(inner)), LEAST);
      return Tensors.multiply(
          inner, Tensors.divide(Tensors.magnitude(Tensors.constant(output)), size));
    }
  };

  /** Keeps a loss of 0 from being divided by. */
  private static final double LEAST = 1e-30;

  /** An inner loss as it is added, a scalar. */
  abstract NDArray of(NDArray inner, NDArray output);
}
