package io.espalier.worker.algorithm.reconstruct.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.tensor.Tensors;
import java.util.stream.IntStream;

/** Places of a batch's tokens that are no padding. */
final class RealTokens {
  private final int[] places;

  private RealTokens(int... places) {
    this.places = places;
  }

  /** Those of a batch. */
  static RealTokens of(TokenBatch batch) {
    long[] mask = batch.mask();
    return new RealTokens(IntStream.range(0, mask.length).filter(i -> mask[i] == 1).toArray());
  }

  /**
   * Returns what (batch, tokens, width) has for each of them, sequence by sequence: (rows, width).
   */
  NDArray rows(NDArray x) {
    var shape = x.getShape();
    return Tensors.select(Tensors.reshape(x, shape.get(0) * shape.get(1), shape.get(2)), 0, places);
  }
}
