package io.espalier.worker.algorithm.reconstruct.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.LayerStack;
import io.espalier.worker.tensor.Tensors;

/** Weights of tokens in least squares: what the normalisation behind makes of their squares. */
public final class StreamWeights {
  private static final double SMALLEST_ENERGY = 1e-12;

  private StreamWeights() {}

  /**
   * Returns 1 / the variance (LayerNorm) or mean square (RMSNorm) of each row: (rows).
   *
   * @param stream what the normalisation reads, (rows, hidden), float64
   */
  public static NDArray of(NDArray stream, LayerStack network) {
    double share = 1.0 / stream.getShape().get(1);
    NDArray squares = Tensors.scale(Tensors.sum(Tensors.square(stream), 1), share);
    NDArray energy =
        network.centresStream()
            ? Tensors.subtract(
                squares, Tensors.square(Tensors.scale(Tensors.sum(stream, 1), share)))
            : squares;
    return Tensors.divide(Tensors.full(stream, 1, 1), Tensors.atLeast(energy, SMALLEST_ENERGY));
  }
}
