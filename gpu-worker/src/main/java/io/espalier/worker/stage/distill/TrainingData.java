package io.espalier.worker.stage.distill;

import java.net.URI;

/**
 * The data of a distillation.
 *
 * @param learned samples that are learned from
 * @param heldOut samples by which it is decided which weights go out
 * @param judged samples that the model is measured on before and after
 * @param uri where the latter lie
 * @param <D> type of the data
 */
record TrainingData<D>(D learned, D heldOut, D judged, URI uri) {
  /**
   * Ways to part data by a number and a seed.
   *
   * @param drawn so many of them
   * @param rest all others
   */
  record Parting<D>(Part<D> drawn, Part<D> rest) {
    /** A way to take a part. */
    @FunctionalInterface
    interface Part<D> {
      D of(D data, int count, long seed);
    }
  }
}
