package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.ResizableNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Weights;

/**
 * A network that can be run piece by piece: the embedding, one layer after another, and the end.
 *
 * <p>Each piece reads its own tensors only, so weights that hold no others are enough ({@link
 * Weights#load(io.espalier.worker.checkpoint.ModelDirectory, Architecture,
 * io.espalier.worker.domain.model.Kept, ai.djl.ndarray.NDManager)}). A model that is larger than
 * the memory can be run on all batches layer by layer.
 */
public interface LayeredNetwork extends StackedNetwork, ResizableNetwork {
  /**
   * Lists what reads the stream.
   *
   * @param architecture that of the checkpoint at hand
   */
  StreamTensors streamTensors(Architecture architecture);

  /**
   * The last hidden state.
   *
   * @param weights hold at least the tensors of the end
   * @param x what leaves the last layer, (batch, tokens, hidden)
   * @return (batch, tokens, hidden)
   */
  NDArray end(Weights weights, NDArray x, ForwardHooks hooks);

  /**
   * Returns what the model says, as {@link #forward} says.
   *
   * @param weights hold at least the tensors of the end
   * @param last what {@link #end} gave
   */
  NDArray scores(Weights weights, NDArray last, Tokens tokens);

  @Override
  default NDArray encode(Weights weights, Tokens tokens, ForwardHooks hooks) {
    NDArray x = embed(weights, tokens, hooks);
    BatchContext context = context(tokens, x);
    for (int i = 0; i < layers(); i++) {
      x = layer(i, weights, x, context, hooks);
    }
    return end(weights, x, hooks);
  }

  @Override
  default NDArray forward(Weights weights, Tokens tokens, ForwardHooks hooks) {
    return scores(weights, encode(weights, tokens, hooks), tokens);
  }
}
