package io.espalier.worker.algorithm.minitron.measure;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.tensor.Tensors;

/**
 * A watch of what the normalisations of the stream read in a layer whose attention and feed-forward
 * part stand one behind the other, each behind a normalisation of its own.
 */
public interface StreamInputs extends ForwardHooks {
  /**
   * Takes what a normalisation reads.
   *
   * @param which of a layer 0 in front of attention, 1 in front of the feed-forward part, 2 what
   *     leaves the layer, which is read by the last normalisation if the layer is the last
   * @param stream (batch, tokens, hidden)
   */
  void read(int which, NDArray stream);

  @Override
  default NDArray entering(int layer, NDArray state) {
    read(0, state);
    return state;
  }

  @Override
  default NDArray added(AxisKind part, String axis, NDArray said, NDArray stream) {
    if (part == AxisKind.HEADS) {
      read(1, Tensors.add(said, stream));
    }
    return said;
  }

  @Override
  default NDArray leaving(int layer, NDArray state) {
    read(2, state);
    return state;
  }
}
