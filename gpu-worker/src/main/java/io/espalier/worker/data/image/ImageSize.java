package io.espalier.worker.data.image;

/**
 * Rows and columns of an image.
 *
 * @param height rows, at least 1
 * @param width columns, at least 1
 */
public record ImageSize(int height, int width) {
  /** A size. */
  public ImageSize {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException("an image of %d x %d".formatted(height, width));
    }
  }

  /** Number of pixels. */
  public long pixels() {
    return (long) height * width;
  }

  /** Rows as columns, and columns as rows. */
  ImageSize transposed() {
    return new ImageSize(/* height= */ width, /* width= */ height);
  }

  @Override
  public String toString() {
    return height + " x " + width; // in the same digits everywhere: fingerprints contain it
  }
}
