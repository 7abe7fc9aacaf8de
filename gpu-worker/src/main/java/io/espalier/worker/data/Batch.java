package io.espalier.worker.data;

/**
 * Some labelled images, ready for a model.
 *
 * @param pixels normalised values, (image, channel, row, column), row by row
 * @param labels class of each image, from 0
 * @param others class of what is mixed into each image; empty if nothing is
 * @param shares how much of each mixed image is its own, from 0 to 1; as many as {@code others}
 */
@SuppressWarnings("ArrayRecordComponent") // a hot path: the arrays go straight into a tensor
public record Batch(float[] pixels, long[] labels, long[] others, float[] shares) {
  /** Images of which none is mixed with another. */
  public Batch(float[] pixels, long[] labels) {
    this(pixels, labels, new long[0], new float[0]);
  }

  /** Returns whether images are mixed with others. */
  public boolean mixed() {
    return others.length > 0;
  }

  /** Number of images. */
  public int size() {
    return labels.length;
  }
}
