package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.LayerStack;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Weights;

/** A network that reads text, of layers each of which can be run by itself. */
public interface StackedNetwork extends TextNetwork, LayerStack {
  /**
   * Returns what all layers need to know of a batch.
   *
   * @param like an array of the type and on the device that is computed in
   */
  BatchContext context(Tokens tokens, NDArray like);

  /**
   * Returns what enters the first layer.
   *
   * @param weights hold at least the tensors of the embedding
   * @return (batch, tokens, hidden)
   */
  NDArray embed(Weights weights, Tokens tokens, ForwardHooks hooks);

  /**
   * Returns what a layer makes of what enters it.
   *
   * @param index counted from 0
   * @param weights hold at least the tensors of the layer
   * @param x (batch, tokens, hidden)
   * @param context those of the batch
   * @return (batch, tokens, hidden)
   */
  NDArray layer(int index, Weights weights, NDArray x, BatchContext context, ForwardHooks hooks);
}
