package io.espalier.worker.algorithm.reconstruct.transformer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.LayerStack;
import io.espalier.worker.tensor.Weights;

/**
 * Passes of batches of samples through a network of layers, whatever it reads. Arrays are made in
 * the open scope.
 */
public interface StackPasses {
  /** The network. */
  LayerStack network();

  /** Returns which samples each batch has. */
  HeldOutBatches batches();

  /** Returns what enters the first layer at a batch: (samples, tokens, hidden). */
  NDArray embed(int batch, Weights weights, NDManager manager);

  /**
   * Returns what a layer makes of what enters it at a batch.
   *
   * @param layer counted from 0
   * @param x (samples, tokens, hidden)
   * @return of the same shape
   */
  NDArray layer(
      int layer, int batch, Weights weights, NDArray x, NDManager manager, ForwardHooks hooks);

  /**
   * Returns what (samples, tokens, width) has for each token of a batch that is no padding: a row
   * each.
   */
  NDArray rows(int batch, NDArray x);

  /** Returns what the network says of the samples of a batch that are held out, a row each. */
  NDArray heldOutSays(int batch, Weights weights, NDManager manager);

  /**
   * The mean distance of what a version says from what the original says.
   *
   * @param wanted rows of the original
   * @param found as many of the version
   */
  double distance(NDArray wanted, NDArray found);
}
