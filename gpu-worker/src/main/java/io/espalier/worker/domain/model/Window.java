package io.espalier.worker.domain.model;

/**
 * Where a layer is applied to one sample: square kernels, some distance apart, over an output of
 * some height and width.
 *
 * @param kernel rows and columns of the kernel; 1 for a linear layer
 * @param stride distance of neighbouring kernels
 * @param height rows of the output, or the number of tokens
 * @param width columns of the output
 */
public record Window(int kernel, int stride, int height, int width) {
  /** Once per sample: a linear layer behind global pooling. */
  public static final Window ONCE = new Window(1, 1, 1, 1);

  /** A window; every number must be positive. */
  public Window {
    if (kernel < 1 || stride < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "kernel %d, stride %d, output %d x %d: all must be positive"
              .formatted(kernel, stride, height, width));
    }
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
