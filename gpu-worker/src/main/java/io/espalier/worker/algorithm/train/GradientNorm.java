package io.espalier.worker.algorithm.train;

import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.List;

/** Length of the gradients of all weights together. */
final class GradientNorm {
  private GradientNorm() {}

  /**
   * Shortens gradients that are longer than a length to it, in the form of {@code
   * torch.nn.utils.clip_grad_norm_}.
   */
  static void shorten(List<Weights> trained, double largest) {
    double squares = 0;
    for (Weights weights : trained) {
      for (String name : weights.trainable()) {
        squares += Tensors.sum(Tensors.square(weights.gradient(name))).getFloat();
      }
    }
    double factor = Math.min(1, largest / (Math.sqrt(squares) + 1e-6));
    if (factor < 1) {
      for (Weights weights : trained) {
        weights.trainable().forEach(name -> Tensors.scaleInPlace(weights.gradient(name), factor));
      }
    }
  }
}
