package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.tensor.Tensors;

/**
 * Loss of scores, (batch, scores), that have a number each which is right; of a text the mean over
 * its scores.
 *
 * <p>Source: transformers 4.57.6, {@code loss/loss_utils.py}, {@code
 * ForSequenceClassificationLoss}.
 */
enum TargetLoss implements TextLoss {
  /** Cross entropy in nats of each label, by the sigmoid of its score. */
  BINARY_CROSS_ENTROPY {
    @Override
    NDArray of(NDArray said, NDArray targets) {
      long rows = said.getShape().get(0);
      long scores = said.getShape().get(1);
      NDArray given = Tensors.reshape(said, rows, scores, 1);
      // the softmax of a score and zero is its sigmoid, and that of the score with the other sign
      NDArray both =
          Tensors.concat(2, given, Tensors.full(said, 0, rows, scores, 1)); // (rows, scores, 2)
      NDArray right = Tensors.reshape(targets, rows, scores, 1);
      NDArray weights = Tensors.concat(2, right, Tensors.add(Tensors.negate(right), 1));
      return Tensors.negate(Tensors.multiply(Tensors.logSoftmax(both, 2), weights));
    }
  },
  /** Square of what a score differs by. */
  SQUARED_ERROR {
    @Override
    NDArray of(NDArray said, NDArray targets) {
      return Tensors.square(Tensors.subtract(said, targets));
    }
  };

  /** Losses, which are to be summed up, of scores (batch, scores) and targets of the same shape. */
  abstract NDArray of(NDArray said, NDArray targets);

  @Override
  public long count(TokenBatch batch) {
    return batch.rows();
  }

  @Override
  public NDArray sum(NDArray said, TokenBatch batch) {
    NDArray targets =
        Tensors.of(said.getManager(), batch.targets(), batch.rows(), said.getShape().get(1));
    return Tensors.scale(Tensors.sum(of(said, targets)), 1.0 / said.getShape().get(1));
  }
}
