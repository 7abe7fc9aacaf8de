package io.espalier.worker.algorithm.family;

import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.model.Window;
import java.util.List;

/** Height and width of what is between two layers. */
record Positions(int height, int width) {
  /**
   * Those of the images.
   *
   * @param input channels, height and width as config.json says; empty if it does not
   */
  static Positions of(List<Integer> input, InputSpec usual) {
    return input.isEmpty()
        ? new Positions(usual.height(), usual.width())
        : new Positions(input.get(1), input.get(2));
  }

  /** After a window of odd size that is padded by half of it. */
  Positions after(int kernel, int stride) {
    return after(kernel, stride, kernel / 2);
  }

  /** After a window with zeros on all sides. */
  Positions after(int kernel, int stride, int padding) {
    return new Positions(
        (height + 2 * padding - kernel) / stride + 1, (width + 2 * padding - kernel) / stride + 1);
  }

  /** A layer that writes these. */
  Window window(int kernel, int stride) {
    return new Window(kernel, stride, height, width);
  }
}
