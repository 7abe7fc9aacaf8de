package io.espalier.worker.model.convnet;

import io.espalier.worker.model.family.Activation;

/**
 * A block of a mobile network.
 *
 * @param kind which layers it has
 * @param kernel rows and columns of its depthwise convolution, or of its only one
 * @param stride of the same
 * @param expansion its inner width by its input width
 * @param channels its output width in a network that is not scaled
 * @param squeezed whether it has a squeeze-and-excitation
 * @param activation between its layers
 */
record MobileBlock(
    Kind kind,
    int kernel,
    int stride,
    double expansion,
    int channels,
    boolean squeezed,
    Activation activation) {

  /** Layers of a block. */
  enum Kind {
    /** Depthwise, then 1 × 1 (timm's ds). */
    SEPARABLE,
    /** 1 × 1 to the inner width, depthwise, 1 × 1 to the output width (timm's ir). */
    INVERTED,
    /** One convolution, with an activation behind it (timm's cn). */
    PLAIN
  }

  /** Returns what repeats this block: the same with stride 1. */
  MobileBlock repeated() {
    return new MobileBlock(kind, kernel, 1, expansion, channels, squeezed, activation);
  }

  /** The same with a squeeze-and-excitation. */
  MobileBlock withSqueeze() {
    return new MobileBlock(kind, kernel, stride, expansion, channels, true, activation);
  }

  /** The layer that writes what the block passes on. */
  String last() {
    return switch (kind) {
      case SEPARABLE -> "conv_pw";
      case INVERTED -> "conv_pwl";
      case PLAIN -> "conv";
    };
  }
}
