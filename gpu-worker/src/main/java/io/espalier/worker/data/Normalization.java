package io.espalier.worker.data;

import java.util.List;

/**
 * Normalisation of a channel's values to input: {@code (value / 255 - mean) / std}.
 *
 * @param mean per channel, in units of the full range (0 to 1)
 * @param std per channel, in the same unit; positive
 */
public record Normalization(List<Double> mean, List<Double> std) {
  /**
   * Mean and standard deviation of ImageNet's training images, as torchvision and timm use them.
   */
  public static final Normalization IMAGENET =
      new Normalization(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

  /** Mean and standard deviation of CIFAR-10's training images. */
  public static final Normalization CIFAR =
      new Normalization(List.of(0.4914, 0.4822, 0.4465), List.of(0.2470, 0.2435, 0.2616));

  /** A normalisation; the lists are copied. */
  public Normalization {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    if (mean.size() != std.size() || std.stream().anyMatch(value -> !(value > 0))) {
      throw new IllegalArgumentException(
          "normalisation needs a positive std for each mean, but mean is %s and std %s"
              .formatted(mean, std));
    }
  }

  /** Number of channels. */
  public int channels() {
    return mean.size();
  }

  /** The input for each of the 256 values that a byte can have, per channel. */
  float[][] table() {
    var table = new float[channels()][256];
    for (int channel = 0; channel < channels(); channel++) {
      for (int value = 0; value < 256; value++) {
        table[channel][value] = (float) ((value / 255.0 - mean.get(channel)) / std.get(channel));
      }
    }
    return table;
  }
}
