package io.espalier.worker.data;

/**
 * Labelled images of one size, in a fixed order.
 *
 * <p>Safe for use by several threads.
 */
public interface ImageDataset {
  /** Number of images. */
  int size();

  /** Number of classes; labels are from 0 up to (excluding) this. */
  int classes();

  /** Number of colour channels. */
  int channels();

  /** Rows of an image. */
  int height();

  /** Columns of an image. */
  int width();

  /**
   * The images at these positions, normalised as the model expects them.
   *
   * @throws IndexOutOfBoundsException if a position is not in the data set
   * @throws io.espalier.worker.domain.InvalidInputException if an image cannot be decoded
   */
  Batch batch(int[] indices);

  /** SHA-256, in hexadecimal, of the content: the same images in the same order give the same. */
  String fingerprint();

  /** Its first {@code n} images, or all if there are fewer. */
  default ImageDataset first(int n) {
    return n >= size() ? this : SelectedImages.first(this, n);
  }

  /**
   * That many images drawn without replacement, or all if there are fewer, in an order that the
   * seed decides. Data sets are often sorted by class, so that their first images are no fair
   * sample, and neighbours make no fair batch.
   */
  default ImageDataset drawn(int n, long seed) {
    return SelectedImages.drawn(this, n, seed);
  }
}
