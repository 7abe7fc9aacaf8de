package io.espalier.worker.model.convnet;

import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Window;
import java.util.List;

/**
 * Height and width of what is between two layers.
 *
 * @param imageHeight rows of the images that it began with
 * @param imageWidth columns of the same
 */
record FeatureMapSize(int height, int width, int imageHeight, int imageWidth) {
  /**
   * Those of the images.
   *
   * @param input channels, height and width as config.json says; empty if it does not
   */
  static FeatureMapSize of(List<Integer> input, InputSpec usual) {
    return input.isEmpty() ? of(usual.height(), usual.width()) : of(input.get(1), input.get(2));
  }

  private static FeatureMapSize of(int height, int width) {
    return new FeatureMapSize(height, width, height, width);
  }

  /** After a window of odd size that is padded by half of it. */
  FeatureMapSize after(int kernel, int stride) {
    return after(kernel, stride, kernel / 2);
  }

  /**
   * After a window with zeros on all sides.
   *
   * @throws InvalidInputException if it does not fit in even once
   */
  FeatureMapSize after(int kernel, int stride, int padding) {
    int rows = height + 2 * padding - kernel;
    int columns = width + 2 * padding - kernel;
    if (rows < 0 || columns < 0) {
      throw new InvalidInputException(
          "config.json: input_size must be larger: of images of %d x %d, %d x %d pixels are left for a window of %d x %d"
              .formatted(imageHeight, imageWidth, height, width, kernel, kernel));
    }
    return new FeatureMapSize(rows / stride + 1, columns / stride + 1, imageHeight, imageWidth);
  }

  /** Enlarged to at least so many rows and columns. */
  FeatureMapSize atLeast(int side) {
    return new FeatureMapSize(
        Math.max(side, height), Math.max(side, width), imageHeight, imageWidth);
  }

  /** A layer that writes these. */
  Window window(int kernel, int stride) {
    return new Window(kernel, stride, height, width);
  }
}
