package io.espalier.worker.model.family;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.model.AxisKind;

/**
 * Places in a forward pass at which what passes can be watched or changed; each method gets what
 * passes there and returns what goes on.
 */
public interface ForwardHooks {
  /** Changes nothing. */
  ForwardHooks NONE = new ForwardHooks() {};

  /**
   * Returns how tokens look at each other: scores before softmax, of those that nobody may look at
   * so low that softmax makes nothing of them.
   *
   * @param axis name of the axis of the layer's heads
   * @param scores (batch, heads, tokens that look, tokens looked at)
   */
  default NDArray attention(String axis, NDArray scores) {
    return scores;
  }

  /**
   * Returns what each attention head says, before the output projection.
   *
   * @param axis name of the axis of the layer's heads
   * @param context (batch, heads, tokens, head size)
   */
  default NDArray heads(String axis, NDArray context) {
    return context;
  }

  /**
   * Returns what the first dense layer of a feed-forward part says, bias included, before the
   * activation; where there is a gate, before it is multiplied by that.
   *
   * @param axis name of the axis of the neurons
   * @param neurons (batch, tokens, neurons); of an expert (1, tokens that chose it, neurons), and
   *     nothing at all if there is none
   */
  default NDArray neurons(String axis, NDArray neurons) {
    return neurons;
  }

  /**
   * Returns what the second dense layer of a feed-forward part reads.
   *
   * @param axis name of the axis of the neurons
   * @param activated as {@link #neurons}
   */
  default NDArray activated(String axis, NDArray activated) {
    return activated;
  }

  /**
   * Returns what a router scores experts by, before softmax.
   *
   * @param axis name of the axis of the layer's experts
   * @param scores (tokens of all sequences, experts)
   */
  default NDArray routed(String axis, NDArray scores) {
    return scores;
  }

  /**
   * Hears which tokens an expert reads; called before all that it makes of them, and not if there
   * are none.
   *
   * @param expert which of its layer's experts
   * @param neurons name of the axis of its neurons
   * @param tokens by their places among those of all sequences, one after another and padding among
   *     them; ascending
   */
  default void reads(int expert, String neurons, int[] tokens) {}

  /**
   * Hears what an expert's output is multiplied by: its share of the router, or the gate of the
   * expert that all tokens share.
   *
   * @param neurons name of the axis of its neurons
   * @param weights (tokens that chose it, 1); of the shared expert (batch, tokens, 1)
   */
  default void weighs(String neurons, NDArray weights) {}

  /**
   * Returns what an expert adds to the tokens that chose it, weighed by their router; not called if
   * there are none.
   *
   * @param axis name of the axis of the layer's experts
   * @param expert which of them
   * @param output (tokens that chose it, hidden)
   */
  default NDArray expert(String axis, int expert, NDArray output) {
    return output;
  }

  /**
   * Returns what a part of a layer adds to the stream: its attention, or its feed-forward part.
   *
   * @param part heads or neurons, which it consists of; neurons, if of experts
   * @param axis name of the axis of the heads or neurons that it consists of; of a part of experts
   *     no axis has that name
   * @param said (batch, tokens, hidden), bias included
   * @param stream what it is added to, of the same shape
   */
  default NDArray added(AxisKind part, String axis, NDArray said, NDArray stream) {
    return said;
  }

  /**
   * Returns what a normalisation says that stands in front of a part of a decoder's layer: its
   * attention, its feed-forward part, or both of them where one is enough for both. That at the end
   * is none.
   *
   * @param module name of the normalisation
   * @param normed (batch, tokens, hidden)
   */
  default NDArray normed(String module, NDArray normed) {
    return normed;
  }

  /**
   * Returns what enters a layer.
   *
   * @param layer counted from 0
   * @param state (batch, tokens, hidden)
   */
  default NDArray entering(int layer, NDArray state) {
    return state;
  }

  /**
   * Returns what leaves a layer, of the last one too before anything else is done to it.
   *
   * @param layer counted from 0
   * @param state (batch, tokens, hidden)
   */
  default NDArray leaving(int layer, NDArray state) {
    return state;
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
