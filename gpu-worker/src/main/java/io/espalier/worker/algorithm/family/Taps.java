package io.espalier.worker.algorithm.family;

import ai.djl.ndarray.NDArray;

/**
 * Places in a forward pass at which what passes can be watched or changed; each method gets what
 * passes there and returns what goes on.
 */
public interface Taps {
  /** Changes nothing. */
  Taps NONE = new Taps() {};

  /**
   * What each attention head says, before the output projection.
   *
   * @param axis name of the axis of the layer's heads
   * @param context (batch, heads, tokens, head size)
   */
  default NDArray heads(String axis, NDArray context) {
    return context;
  }

  /**
   * What the first dense layer of a feed-forward part says, bias included, before the activation.
   *
   * @param axis name of the axis of the layer's neurons
   * @param neurons (batch, tokens, neurons)
   */
  default NDArray neurons(String axis, NDArray neurons) {
    return neurons;
  }

  /**
   * A hidden state as Hugging Face's library lists it: 0 what the embedding says, i what layer i
   * says, the last of a decoder after the final normalisation.
   *
   * @param state (batch, tokens, hidden)
   */
  default NDArray hidden(int index, NDArray state) {
    return state;
  }
}
