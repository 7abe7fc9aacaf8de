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
    return Tensors.negate(Tensors.mean(Tensors.pick(Tensors.logSoftmax(logits, 1), labels)));
  }

  /**
   * Mean of the Kullback-Leibler divergence {@code Σ p · (log p - log q)} of what a model says, q,
   * from what another one says, p; 0 if they agree.
   *
   * @param reference (batch, classes), before softmax: gives p
   * @param logits (batch, classes), before softmax: gives q
   */
  public static NDArray divergence(NDArray reference, NDArray logits) {
    NDArray p = Tensors.logSoftmax(reference, 1);
    NDArray q = Tensors.logSoftmax(logits, 1);
    NDArray terms = Tensors.multiply(Tensors.exp(p), Tensors.subtract(p, q)); // (batch, classes)
    return Tensors.mean(Tensors.sum(terms, 1));
  }
}
