package io.espalier.worker.algorithm.distill;

import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import java.util.Random;

/**
 * Pixels that are drawn, of some classes or none.
 *
 * @param side rows and columns
 */
record ImageNoise(int classes, int size, int side) implements ImageDataset {
  static final int IMAGES = 6;
  private static final long SEED = 17;

  ImageNoise(int classes) {
    this(classes, IMAGES, 16);
  }

  int label(int image) {
    return image % 10;
  }

  @Override
  public int channels() {
    return 3;
  }

  @Override
  public int height() {
    return side;
  }

  @Override
  public int width() {
    return side;
  }

  @Override
  public Batch batch(int[] indices) {
    int each = 3 * side * side;
    float[] pixels = new float[indices.length * each];
    long[] labels = new long[indices.length];
    for (int i = 0; i < indices.length; i++) {
      var random = new Random(SEED + indices[i]);
      for (int j = 0; j < each; j++) {
        pixels[i * each + j] = (float) random.nextGaussian();
      }
      labels[i] = classes == 0 ? -1 : label(indices[i]);
    }
    return new Batch(pixels, labels);
  }

  @Override
  public String fingerprint() {
    return "noise of %d classes".formatted(classes);
  }
}
