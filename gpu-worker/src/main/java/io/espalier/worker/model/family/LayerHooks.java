package io.espalier.worker.model.family;

import ai.djl.ndarray.NDArray;

/**
 * Watches what passes through the layers of a network that reads images. The arrays belong to the
 * scope of the pass.
 */
public interface LayerHooks {
  /** Watches nothing. */
  LayerHooks NONE = new LayerHooks() {};

  /**
   * A convolution, or a linear layer.
   *
   * @param module name of the layer
   * @param x what it reads, (batch, in, h, w); of a linear layer (batch, in)
   * @param padding zeros on all four sides
   * @param y what it says, bias included, (batch, out, h', w') or (batch, out)
   */
  default void layer(String module, NDArray x, int padding, NDArray y) {}

  /**
   * A BatchNorm.
   *
   * @param module name of the normalisation
   * @param x what it reads
   * @param y what it says
   */
  default void norm(String module, NDArray x, NDArray y) {}

  /** What a block says and what goes past it, before they are added. */
  default void sum(NDArray block, NDArray shortcut) {}
}
