package io.espalier.worker.algorithm.train;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/** Rule by which gradients change weights, in place. */
interface Optimizer {
  /**
   * Takes a step along the gradients, and clears them; gradients must not be recorded.
   *
   * @param rate learning rate of the step
   * @param number of the step, from 1
   */
  void step(double rate, long number);

  /** What it remembers from step to step, by names; changes with every step. */
  Map<String, NDArray> state();
}
