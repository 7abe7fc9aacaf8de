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
   * @param places see {@link InnerLoss}
   */
  Said forward(Weights weights, I inputs, Set<Integer> places);

  /**
   * Outcome of a pass, in the open scope.
   *
   * @param output what the network says
   * @param states what leaves each of the places that were asked for
   */
  record Said(NDArray output, Map<Integer, NDArray> states) {
    /** What leaves a place that was asked for. */
    NDArray state(int place) {
      NDArray state = states.get(place);
      if (state == null) {
        throw new IllegalStateException(
            "place %d was not passed, only %s".formatted(place, states.keySet()));
      }
      return state;
    }
  }
}
