package io.espalier.worker.data;

/**
 * Some labelled images, ready for a model.
 *
 * @param pixels normalised values, (image, channel, row, column), row by row
 * @param labels class of each image, from 0
 */
@SuppressWarnings("ArrayRecordComponent") // a hot path: the arrays go straight into a tensor
public record Batch(float[] pixels, long[] labels) {
  /** Number of images. */
  public int size() {
    return labels.length;
  }
}
