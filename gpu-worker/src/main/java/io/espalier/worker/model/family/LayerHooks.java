package io.espalier.worker.model.family;

import ai.djl.ndarray.NDArray;
import java.util.function.Supplier;

/**
 * Watches what passes through the layers of a network that reads images. The arrays belong to the
 * scope of the pass.
 */
public interface LayerHooks {
  /** Watches nothing. */
  LayerHooks NONE = new LayerHooks() {};

  /**
   * Returns what a layer says: as it computes it, or as a watcher knows it already. Asked before
   * {@link #layer}.
   *
   * @param module name of the layer
   * @param x what it reads, as in {@link #layer}
   * @param computed computes what it says
   */
  default NDArray said(String module, NDArray x, int padding, Supplier<NDArray> computed) {
    return computed.get();
  }

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

  /** Hears what a block says and what goes past it, before they are added. */
  default void sum(NDArray block, NDArray shortcut) {}
}
