package io.espalier.worker.algorithm.reconstruct.transformer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.tensor.Weights;

/**
 * Distance of a model's outputs on held-out samples from the original's: the mean of {@link
 * StackPasses#distance}.
 *
 * @param passes of the samples through the original
 * @param original its weights; stay as they are
 * @param others passes of the same samples through the other model
 */
record OutputDivergence(StackPasses passes, Weights original, StackPasses others) {
  /** That of a model; not a number if nothing is held out. */
  double of(Weights weights, NDManager manager) {
    double sum = 0;
    long rows = 0;
    for (int i = 0; i < passes.batches().count(); i++) {
      if (passes.batches().heldOut(i).length > 0) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          NDArray wanted = passes.heldOutSays(i, original, manager);
          NDArray found = others.heldOutSays(i, weights, manager);
          long more = wanted.getShape().get(0);
          sum += passes.distance(wanted, found) * more;
          rows += more;
        }
      }
    }
    return rows == 0 ? Double.NaN : sum / rows;
  }
}
