package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Weights;
import java.util.Map;
import java.util.Set;

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
   * Outcome of a pass, in the open scope.
   *
   * @param output what the network says
   * @param found what was looked at
   */
  record Said(NDArray output, Map<Tap, NDArray> found) {
    /** What was found at a place that was looked at. */
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
