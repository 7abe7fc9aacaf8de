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

  /**
   * Mean of the Kullback-Leibler divergence {@code Σ p · (log p - log q)} of what a model says, q,
   * from what another one says, p; 0 if they agree.
   *
   * @param reference (batch, classes), before softmax: gives p
   * @param logits (batch, classes), before softmax: gives q
   */
  public static NDArray divergence(NDArray reference, NDArray logits) {
    NDArray p = T.logSoftmax(reference, 1);
    NDArray q = T.logSoftmax(logits, 1);
    NDArray terms = T.multiply(T.exp(p), T.subtract(p, q)); // (batch, classes)
    return T.mean(T.sum(terms, 1));
  }
}
