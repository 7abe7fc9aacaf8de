package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.tensor.T;

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
      NDArray given = T.reshape(said, rows, scores, 1);
      // the softmax of a score and zero is its sigmoid, and that of the score with the other sign
      NDArray both = T.concat(2, given, T.full(said, 0, rows, scores, 1)); // (rows, scores, 2)
      NDArray right = T.reshape(targets, rows, scores, 1);
      NDArray weights = T.concat(2, right, T.add(T.negate(right), 1));
      return T.negate(T.multiply(T.logSoftmax(both, 2), weights));
    }
  },
  /** Square of what a score differs by. */
  SQUARED_ERROR {
    @Override
    NDArray of(NDArray said, NDArray targets) {
      return T.square(T.subtract(said, targets));
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
        T.of(said.getManager(), batch.targets(), batch.rows(), said.getShape().get(1));
    return T.scale(T.sum(of(said, targets)), 1.0 / said.getShape().get(1));
  }
}
