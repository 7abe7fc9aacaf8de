package io.espalier.worker.model.convnet;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.Activation;
import io.espalier.worker.tensor.Tensors;

/** Common design of one paper's networks, as timm builds them. */
enum MobileDesign {
  /** Sandler et al., MobileNetV2, arXiv 1801.04381. */
  MOBILENET_V2(Activation.RELU6, 32),
  /** Howard et al., Searching for MobileNetV3, arXiv 1905.02244. */
  MOBILENET_V3(Activation.HARD_SWISH, 16),
  /** Tan and Le, EfficientNet, arXiv 1905.11946. */
  EFFICIENTNET(Activation.SILU, 32);

  private static final int DIVISOR = 8;

  private final Activation activation;
  private final int stem;

  MobileDesign(Activation activation, int stem) {
    this.activation = activation;
    this.stem = stem;
  }

  /** Returns what stem and head apply, and blocks that say nothing else. */
  Activation activation() {
    return activation;
  }

  /** Width of the stem in a network that is not scaled. */
  int stem() {
    return stem;
  }

  /** Returns whether the mean over space is taken before the head's convolution, not behind it. */
  boolean poolsBeforeHead() {
    return this == MOBILENET_V3;
  }

  /** The share of a block's channels that pass, from what its squeeze-and-excitation computes. */
  NDArray gate(NDArray x) {
    return this == MOBILENET_V3 ? Tensors.hardSigmoid(x) : Tensors.sigmoid(x);
  }

  /** Returns what a squeeze-and-excitation applies between its two layers. */
  Activation squeezeActivation() {
    return this == MOBILENET_V3 ? Activation.RELU : activation;
  }

  /** Width that a squeeze-and-excitation reduces a block's inner width to. */
  int squeezed(int inner, double expansion) {
    // V3 takes a quarter of the inner width, EfficientNet of the block's input.
    return this == MOBILENET_V3
        ? divisible(inner * 0.25)
        : (int) Math.rint(inner * (0.25 / expansion));
  }

  /** The multiple of 8 nearest to a width, or the next one if that is less than 0.9 of it. */
  static int divisible(double width) {
    int rounded = Math.max(DIVISOR, (int) (width + DIVISOR / 2) / DIVISOR * DIVISOR);
    return rounded < 0.9 * width ? rounded + DIVISOR : rounded;
  }
}
