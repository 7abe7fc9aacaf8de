package io.espalier.worker.model.family;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Weights;

/**
 * A transformer that reads images, as its config.json describes it: its layers can be run one after
 * another, and their heads and neurons masked.
 */
public interface ImageNetwork extends ResizableNetwork {
  /**
   * Class scores before softmax.
   *
   * @param weights of a model of the family, of whatever widths
   * @param images (batch, channels, height, width), normalised
   * @param hooks places to watch
   * @return (batch, classes)
   */
  NDArray forward(Weights weights, NDArray images, ForwardHooks hooks);

  /**
   * Returns what enters the first layer.
   *
   * @param images (batch, channels, height, width), normalised
   * @return (batch, tokens, hidden)
   */
  NDArray embed(Weights weights, NDArray images);

  /**
   * Returns what a layer makes of what enters it.
   *
   * @param index counted from 0
   * @param x (batch, tokens, hidden)
   * @return (batch, tokens, hidden)
   */
  NDArray layer(int index, Weights weights, NDArray x, ForwardHooks hooks);
}
