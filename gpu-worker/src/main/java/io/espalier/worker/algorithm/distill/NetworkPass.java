package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.Weights;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Forward pass of a network that tells what is computed at some places. */
interface NetworkPass<I> {
  /** Returns how many places there are. */
  int places(Weights weights);

  /**
   * Runs it.
   *
   * @param taps what is looked at
   */
  Said forward(Weights weights, I inputs, Set<Tap> taps);

  /**
   * Adds the gradients of a loss of what the network says to its weights, and returns the loss.
   *
   * @param loss of the output; a scalar
   */
  default double addGradients(Weights weights, I inputs, UnaryOperator<NDArray> loss) {
    return Gradients.of(() -> loss.apply(forward(weights, inputs, Set.of()).output())).getFloat();
  }

  /**
   * Outcome of a pass, in the open scope.
   *
   * @param output what the network says
   * @param found what was looked at
   */
  record Said(NDArray output, Map<Tap, NDArray> found) {
    /** Returns what was found at a place that was looked at. */
    NDArray at(Tap tap) {
      NDArray array = found.get(tap);
      if (array == null) {
        throw new IllegalStateException(
            "%s was not passed, only %s".formatted(tap, found.keySet()));
      }
      return array;
    }
  }
}
