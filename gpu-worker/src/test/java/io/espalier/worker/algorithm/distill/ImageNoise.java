package io.espalier.worker.algorithm.distill;

import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import java.util.Random;

/** Pixels that are drawn, of some classes or none. */
record ImageNoise(int classes) implements ImageDataset {
  static final int IMAGES = 6;
  private static final long SEED = 17;

  int label(int image) {
    return image % 10;
  }

  @Override
  public int size() {
    return IMAGES;
  }

  @Override
  public int channels() {
    return 3;
  }

  @Override
  public int height() {
    return 16;
  }

  @Override
  public int width() {
    return 16;
  }

  @Override
  public Batch batch(int[] indices) {
    float[] pixels = new float[indices.length * 3 * 16 * 16];
    long[] labels = new long[indices.length];
    for (int i = 0; i < indices.length; i++) {
      var random = new Random(SEED + indices[i]);
      for (int j = 0; j < 3 * 16 * 16; j++) {
        pixels[i * 3 * 16 * 16 + j] = (float) random.nextGaussian();
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
