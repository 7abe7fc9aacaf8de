package io.espalier.worker.algorithm.fastnas;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.BatchNormCalibration;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.data.Batch;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.SpillingArrays;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Input of one section of a network, for every batch of images: computed once, read for every cut
 * that begins there or later.
 *
 * <p>It is kept twice. While BatchNorm is calibrated it normalises each batch by the batch's own
 * statistics, afterwards by the running ones, so the same images arrive at a section with different
 * values. Both are exactly what a pass from the images on would bring.
 */
final class CachedPrefix implements AutoCloseable {
  private final List<Section> sections;
  private final Weights weights;
  private final Batches batches;
  private final SpillingArrays arrays;
  private final List<long[]> labels = new ArrayList<>();
  private int position = -1;

  /**
   * The prefix of a model.
   *
   * @param sections of the model
   * @param weights of the model; the running statistics of their BatchNorms are calibrated in
   *     place, section by section
   * @param memoryBytes bound of what is kept in memory
   * @param directory where the rest is kept
   */
  CachedPrefix(
      List<Section> sections, Weights weights, Batches batches, long memoryBytes, Path directory) {
    this.sections = sections;
    this.weights = weights;
    this.batches = batches;
    this.arrays = new SpillingArrays(memoryBytes, directory);
  }

  /**
   * Computes what arrives at a section; forwards from where it is, or else from the images.
   *
   * @return the section from which on it had to compute
   */
  int moveTo(int section) {
    if (position < 0 || section < position) {
      loadImages();
    }
    int from = position;
    while (position < section) {
      pass(sections.get(position));
      position++;
    }
    return from;
  }

  /** Returns what arrives at the section while BatchNorm is calibrated; asked within a scope. */
  NDArray calibrating(int batch) {
    return arrays.get(calibratingSlot(batch));
  }

  /** Returns what arrives at the section in use; asked within a scope. */
  NDArray evaluating(int batch) {
    return arrays.get(batch);
  }

  /** The classes of a batch's images; known once the prefix was moved anywhere. */
  long[] labels(int batch) {
    return labels.get(batch);
  }

  @Override
  public void close() {
    arrays.close();
  }

  private void loadImages() {
    labels.clear();
    try (NDManager manager = PyTorch.newManager()) {
      for (int i = 0; i < batches.count(); i++) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          Batch images = batches.get(i);
          labels.add(images.labels());
          arrays.put(i, batches.images(images, manager));
        }
      }
    }
    position = 0;
  }

  private void pass(Section section) {
    BatchNormCalibration.reset(weights, section);
    for (int i = 0; i < batches.calibrating(); i++) {
      pass(section, calibratingSlot(i), Mode.calibrate(i), batches.count() + i);
    }
    for (int i = 0; i < batches.count(); i++) {
      pass(section, i, Mode.EVALUATE, i);
    }
  }

  private void pass(Section section, int from, Mode mode, int to) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      arrays.put(to, section.forward(arrays.get(from), mode));
    }
  }

  /** The images themselves are the same in both modes, and kept once. */
  private int calibratingSlot(int batch) {
    return position == 0 ? batch : batches.count() + batch;
  }
}
