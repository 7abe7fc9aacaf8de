package io.espalier.worker.data.image;

/** One step from an image as it is to an image as a model takes it. */
public sealed interface ImageStep permits CentreCrop, Scaling {
  /** The size of what comes out. */
  ImageSize sizeOf(ImageSize in);

  /** Returns what comes out. */
  RgbImage apply(RgbImage image);
}
