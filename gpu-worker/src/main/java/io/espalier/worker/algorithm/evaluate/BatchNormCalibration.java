package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.function.IntFunction;

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
   * @param data images that it may use
   * @param batch images per batch; part of the result, since variances are those of a batch
   */
  public static void recalibrate(
      VisionFamily family, Weights weights, ImageDataset data, int batch) {
    var batches = new Batches(data, batch);
    try (NDManager manager = PyTorch.newManager()) {
      recalibrate(
          family.sections(weights),
          weights,
          batches.calibrating(),
          i -> batches.images(batches.get(i), manager));
    }
  }

  /** Returns how many images count: those of full batches, or of the only one there is. */
  public static int counted(ImageDataset data, int batch) {
    return Math.min(new Batches(data, batch).calibrating() * batch, data.size());
  }

  /**
   * Changes in place the running statistics that the last sections of a network read.
   *
   * @param sections from the first that is calibrated to the last of the network
   * @param batches how many batches there are
   * @param inputs what arrives at the first section, by number of the batch; asked within a scope
   */
  public static void recalibrate(
      List<Section> sections, Weights weights, int batches, IntFunction<NDArray> inputs) {
    sections.forEach(section -> reset(weights, section));
    for (int i = 0; i < batches; i++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        Section.forward(sections, inputs.apply(i), Mode.calibrate(i));
      }
    }
  }

  /** Forgets the running statistics that a section reads. */
  public static void reset(Weights weights, Section section) {
    PyTorch.gradientsOff();
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      for (String name : weights.names()) {
        if (name.endsWith(".running_mean") && section.reads(name)) {
          Tensors.fill(weights.get(name), 0);
        } else if (name.endsWith(".running_var") && section.reads(name)) {
          Tensors.fill(weights.get(name), 1);
        }
      }
    }
  }
}
