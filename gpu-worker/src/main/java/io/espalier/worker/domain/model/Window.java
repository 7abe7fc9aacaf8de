package io.espalier.worker.domain.model;

/**
 * Places of a layer on one sample: square kernels, some distance apart, over an output of some
 * height and width.
 *
 * @param kernel rows and columns of the kernel; 1 for a linear layer
 * @param stride distance of neighbouring kernels
 * @param height rows of the output
 * @param width columns of the output, or the number of tokens, which may be none
 */
public record Window(int kernel, int stride, int height, int width) {
  /** Once per sample: a linear layer behind global pooling. */
  public static final Window ONCE = new Window(1, 1, 1, 1);

  /** A window; every number must be positive, but for a number of tokens. */
  public Window {
    int narrowest = kernel == 1 && height == 1 ? 0 : 1;
    if (kernel < 1 || stride < 1 || height < 1 || width < narrowest) {
      throw new IllegalArgumentException(
          "kernel %d, stride %d, output %d x %d: all must be positive"
              .formatted(kernel, stride, height, width));
    }
  }

  /** Once for each of some tokens: a linear layer in a transformer. */
  public static Window tokens(int tokens) {
    return new Window(1, 1, 1, tokens);
  }

  /** Positions that one output looks at. */
  public int area() {
    return kernel * kernel;
  }

  /** Places at which the layer is evaluated per sample. */
  public long positions() {
    return (long) height * width;
  }
}
