package io.espalier.worker.tensor;

import ai.djl.ndarray.NDArray;

/** Loss functions, each a scalar mean over the batch, in nats. */
public final class Losses {
  private Losses() {}

  /**
   * Mean of {@code -log softmax(logits)[label]}.
   *
   * @param logits (batch, classes), before softmax
   * @param labels (batch), int64, each from 0 to classes - 1
   */
  public static NDArray crossEntropy(NDArray logits, NDArray labels) {
    return T.negate(T.mean(T.pick(T.logSoftmax(logits, 1), labels)));
  }
}
