package io.espalier.worker.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;

/**
 * Operations on feature maps, (batch, channels, height, width): convolutions, BatchNorm, pooling,
 * padding. Differentiable, and in scopes, as those of {@link Tensors}.
 */
public final class FeatureMaps {
  private FeatureMaps() {}

  /**
   * Convolution without bias: (batch, in, h, w) with weight (out, in / groups, kh, kw) → (batch,
   * out, h', w').
   *
   * @param stride step on both axes
   * @param padding zeros added on all four sides
   */
  public static NDArray conv2d(NDArray x, NDArray weight, int stride, int padding) {
    Shape dilation = new Shape(1, 1);
    return JniUtils.convolution(
        Tensors.p(x),
        Tensors.p(weight),
        null,
        square(stride),
        square(padding),
        dilation,
        groups(x, weight));
  }

  /**
   * Convolution with a bias of shape (out), otherwise as {@link #conv2d(NDArray, NDArray, int,
   * int)}.
   */
  public static NDArray conv2d(NDArray x, NDArray weight, NDArray bias, int stride, int padding) {
    Shape dilation = new Shape(1, 1);
    return JniUtils.convolution(
        Tensors.p(x),
        Tensors.p(weight),
        Tensors.p(bias),
        square(stride),
        square(padding),
        dilation,
        groups(x, weight));
  }

  /** Epsilon that torchvision and timm give every BatchNorm. */
  public static final double BATCH_NORM_EPSILON = 1e-5;

  /** Normalises each channel of (batch, channels, h, w) by its running statistics. */
  public static NDArray batchNorm(NDArray x, BatchNorm norm) {
    return batchNorm(x, norm, false, 0);
  }

  /**
   * Normalises each channel of (batch, channels, h, w) by the batch's own mean and biased variance,
   * and moves the running statistics in place: {@code running = (1 - momentum) · running + momentum
   * · batch}, with the batch's unbiased variance (PyTorch's meaning of momentum).
   */
  public static NDArray batchNormTraining(NDArray x, BatchNorm norm, double momentum) {
    return batchNorm(x, norm, true, momentum);
  }

  private static NDArray batchNorm(NDArray x, BatchNorm norm, boolean training, double momentum) {
    return JniUtils.batchNorm(
        Tensors.p(x),
        Tensors.p(norm.mean()),
        Tensors.p(norm.variance()),
        Tensors.p(norm.weight()),
        Tensors.p(norm.bias()),
        training,
        momentum,
        BATCH_NORM_EPSILON);
  }

  /**
   * Mean of each of height × width windows that cover (batch, channels, h, w) evenly → (batch,
   * channels, height, width). Window i of n over s rows begins at row ⌊i · s / n⌋ and ends before
   * row ⌈(i + 1) · s / n⌉, so more windows than rows repeat rows.
   */
  public static NDArray averagePoolTo(NDArray x, long height, long width) {
    return JniUtils.adaptiveAvgPool(Tensors.p(x), new Shape(height, width));
  }

  /** Mean over space: (batch, channels, h, w) → (batch, channels). */
  public static NDArray globalAveragePool(NDArray x) {
    Shape shape = x.getShape();
    return Tensors.reshape(averagePoolTo(x, 1, 1), shape.get(0), shape.get(1));
  }

  /** Largest value of each square window; the border is padded with -∞. */
  public static NDArray maxPool(NDArray x, int size, int stride, int padding) {
    return JniUtils.maxPool(Tensors.p(x), square(size), square(stride), square(padding), false);
  }

  /**
   * Mean of each square window, without padding. The output size is rounded up: a window that hangs
   * over the border averages what it has (timm's average-pool shortcut).
   */
  public static NDArray averagePool(NDArray x, int size, int stride) {
    return JniUtils.avgPool(Tensors.p(x), square(size), square(stride), square(0), true, false);
  }

  /** Mean of each square window that lies inside; rows and columns left over are dropped. */
  public static NDArray averagePoolInside(NDArray x, int size, int stride) {
    return JniUtils.avgPool(Tensors.p(x), square(size), square(stride), square(0), false, false);
  }

  /** The channels of a, then those of b: both (batch, channels, h, w). */
  public static NDArray concatChannels(NDArray a, NDArray b) {
    return JniUtils.cat(new PtNDArray[] {Tensors.p(a), Tensors.p(b)}, 1);
  }

  /** Zero channels before and after those of (batch, channels, h, w). */
  public static NDArray padChannels(NDArray x, long before, long after) {
    if (before == 0 && after == 0) {
      return x;
    }
    return JniUtils.pad(Tensors.p(x), new long[] {0, 0, 0, 0, before, after}, 0);
  }

  /** Zeros on all four sides of (batch, channels, h, w). */
  public static NDArray padBorder(NDArray x, long width) {
    return width == 0 ? x : JniUtils.pad(Tensors.p(x), new long[] {width, width, width, width}, 0);
  }

  /** Every {@code step}-th row and column of (batch, channels, h, w), beginning with the first. */
  public static NDArray subsample(NDArray x, int step) {
    if (step == 1) {
      return x;
    }
    Shape shape = x.getShape();
    NDArray rows = JniUtils.slice(Tensors.p(x), 2, 0, shape.get(2), step);
    return JniUtils.slice(Tensors.p(rows), 3, 0, shape.get(3), step);
  }

  private static Shape square(int size) {
    return new Shape(size, size);
  }

  private static int groups(NDArray x, NDArray weight) {
    return Math.toIntExact(x.getShape().get(1) / weight.getShape().get(1));
  }
}
