package io.espalier.worker.data;

/**
 * Images of one size, in a fixed order; each of a class, or none of them.
 *
 * <p>Safe for use by several threads.
 */
public interface ImageDataset extends Samples<Batch> {
  /** Number of images. */
  @Override
  int size();

  /** Number of classes; labels are from 0 up to (excluding) this. 0 if no image has a class. */
  int classes();

  /** Returns whether the images have classes; if not, each label is -1. */
  @Override
  default boolean labelled() {
    return classes() > 0;
  }

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
  @Override
  Batch batch(int[] indices);

  /** Returns how its images become numbers. */
  default ImageReading reading() {
    return ImageReading.UNCHANGED;
  }

  /**
   * SHA-256, in hexadecimal, of the content and of the settings by which it becomes numbers: the
   * same images in the same order, prepared in the same way, give the same.
   */
  @Override
  String fingerprint();

  @Override
  default ImageDataset shuffled(long seed) {
    return drawn(size(), seed);
  }

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

  /** All images but those that {@link #drawn} gives, in an order that the seed decides. */
  default ImageDataset withoutDrawn(int n, long seed) {
    return SelectedImages.withoutDrawn(this, n, seed);
  }
}
