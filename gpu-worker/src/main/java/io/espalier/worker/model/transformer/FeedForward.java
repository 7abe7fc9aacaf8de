package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.transformer.DecoderBlock.Pass;
import java.util.Optional;

/** The second part of a layer of a decoder of the family of Llama. */
interface FeedForward {
  /**
   * Adds tensors and layers.
   *
   * @param layer which layer it is, counted from 0
   */
  void draw(TransformerBuilder builder, String block, int layer);

  /** Returns what it makes of the normalised stream: (batch, tokens, hidden), same after. */
  NDArray of(TextModules modules, String block, NDArray x, Pass pass);

  /** The experts that it may consist of. */
  default Optional<Experts> experts() {
    return Optional.empty();
  }

  /**
   * One group of neurons that reads every token.
   *
   * @param neurons what they are
   */
  record Dense(GatedNeurons neurons) implements FeedForward {
    private static final String MODULE = ".mlp";

    @Override
    public void draw(TransformerBuilder builder, String block, int layer) {
      neurons.draw(builder, block + MODULE, builder.neurons(block, layer), builder.tokens());
    }

    @Override
    public NDArray of(TextModules modules, String block, NDArray x, Pass pass) {
      return neurons.of(modules, block + MODULE, block + TextNetwork.NEURONS, x, pass);
    }
  }

  /**
   * Experts in some layers, one group of neurons in the others.
   *
   * @param sparse what has experts
   * @param dense what has none
   */
  record Mixed(Experts sparse, Dense dense) implements FeedForward {
    @Override
    public void draw(TransformerBuilder builder, String block, int layer) {
      if (sparse.layers().contains(layer)) {
        sparse.draw(builder, block, layer);
      } else {
        dense.draw(builder, block, layer);
      }
    }

    /** A layer that was dropped may have moved others up, so the tensors tell which is which. */
    @Override
    public NDArray of(TextModules modules, String block, NDArray x, Pass pass) {
      return sparse.isIn(modules, block)
          ? sparse.of(modules, block, x, pass)
          : dense.of(modules, block, x, pass);
    }

    @Override
    public Optional<Experts> experts() {
      return Optional.of(sparse);
    }
  }
}
