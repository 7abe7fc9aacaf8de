package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.Activation;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.transformer.rope.RotaryPositions;
import java.util.Optional;

/** A layer of a decoder: what it is made of, and what it computes. */
interface DecoderBlock {
  /**
   * Context of a layer besides what passes.
   *
   * @param mask added to scores of attention, (batch, 1, tokens, tokens)
   * @param positions what queries and keys are turned by, if they are
   * @param headSize width of a head
   * @param activation that of the feed-forward part
   * @param hooks places to watch
   */
  record Pass(
      NDArray mask,
      Optional<RotaryPositions> positions,
      int headSize,
      Activation activation,
      ForwardHooks hooks) {
    /** Returns what a normalisation of the stream says, as it may be watched. */
    NDArray normed(Norm norm, TextModules modules, String module, NDArray x) {
      return hooks.normed(module, norm.of(modules, module, x));
    }

    /** Returns what the second dense layer of a block reads, by what the first one says. */
    NDArray activated(String block, NDArray inner) {
      NDArray neurons = hooks.neurons(block + TextNetwork.NEURONS, inner);
      return hooks.activated(block + TextNetwork.NEURONS, activation.of(neurons));
    }
  }

  /** Returns whether transformers 4 can remove heads from it. */
  boolean prunedHeads();

  /** Returns what it normalises the stream by. */
  default Norm norm() {
    return Norm.LAYER;
  }

  /** Tells why the stream cannot run along other directions than its channels, if it cannot. */
  default Optional<String> fixedStream() {
    return Optional.of(
        "LayerNorm takes the mean of all channels out of the stream and shifts each of them, and no"
            + " loader of the family has another normalisation");
  }

  /**
   * Returns, within a layer, the normalisation in front of a module that reads the stream.
   *
   * @param module in a layer, its name
   */
  default String normBefore(String module) {
    throw new IllegalStateException("'%s' cannot read another basis".formatted(module));
  }

  /** The experts that some layers may have. */
  default Optional<Experts> experts() {
    return Optional.empty();
  }

  /**
   * Adds tensors and layers of a block to a sketch.
   *
   * @param block its name
   * @param layer which of them it is, counted from 0
   */
  void draw(TransformerBuilder builder, String block, int layer);

  /** Returns what the block makes of the residual stream: (batch, tokens, hidden), same after. */
  NDArray of(TextModules modules, String block, NDArray x, Pass pass);
}
