package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.family.Family;
import io.espalier.worker.algorithm.family.Mode;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.T;
import io.espalier.worker.tensor.Weights;

/**
 * Measures the running statistics of every BatchNorm anew; a network that has lost channels
 * normalises by statistics of inputs that it no longer has.
 *
 * <p>Statistics are reset and become the plain average over the batches, as PyTorch does with
 * momentum {@code None}, and ModelOpt in {@code modelopt/torch/nas/autonas.py}.
 */
public final class BatchNormCalibration {
  private BatchNormCalibration() {}

  /**
   * Changes the running statistics in place.
   *
   * @param data images that it may use; a last batch that is not full is left out if there is a
   *     full one, since every batch counts the same
   * @param batch images per batch; part of the result, since variances are those of a batch
   */
  public static void recalibrate(Family family, Weights weights, ImageDataset data, int batch) {
    var batches = new Batches(data, batch);
    int full = Math.max(1, data.size() / batch);
    reset(weights);
    try (NDManager manager = PyTorch.newManager()) {
      for (int i = 0; i < full; i++) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          family.forward(weights, batches.images(batches.get(i), manager), Mode.calibrate(i));
        }
      }
    }
  }

  private static void reset(Weights weights) {
    PyTorch.gradientsOff();
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      for (String name : weights.names()) {
        if (name.endsWith(".running_mean")) {
          T.fill(weights.get(name), 0);
        } else if (name.endsWith(".running_var")) {
          T.fill(weights.get(name), 1);
        }
      }
    }
  }
}
