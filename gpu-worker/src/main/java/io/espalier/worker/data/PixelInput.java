package io.espalier.worker.data;

import io.espalier.worker.data.image.RgbImage;

/** Images as the numbers that a model takes: prepared, normalised, one channel after the other. */
final class PixelInput {
  private final InputSpec spec;
  private final float[][] normalized;

  PixelInput(InputSpec spec) {
    this.spec = spec;
    this.normalized = spec.normalization().table();
  }

  /** The images that are wanted. */
  InputSpec spec() {
    return spec;
  }

  /** Numbers per image. */
  int values() {
    return spec.channels() * spec.height() * spec.width();
  }

  /** An image in the size that the model takes. */
  RgbImage prepare(RgbImage image) {
    return spec.preparation().apply(image);
  }

  /** Puts the numbers of an image of that size where those of the i-th of a batch belong. */
  void put(RgbImage image, float[] pixels, int i) {
    int plane = spec.height() * spec.width();
    for (int channel = 0; channel < spec.channels(); channel++) {
      int from = spec.preparation().channel(channel);
      int at = i * values() + channel * plane;
      for (int p = 0; p < plane; p++) {
        pixels[at + p] = normalized[channel][image.value(p, from)];
      }
    }
  }

  /** Returns what is done to images, and who says so. */
  String said() {
    return "%s (%s)".formatted(spec.preparation().inWords(), spec.preparation().source());
  }
}
