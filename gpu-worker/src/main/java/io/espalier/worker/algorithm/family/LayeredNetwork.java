package io.espalier.worker.algorithm.family;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A network that can be run piece by piece: the embedding, one layer after another, and the end.
 *
 * <p>Each piece reads its own tensors only, so weights that hold no others are enough ({@link
 * Weights#load(io.espalier.worker.checkpoint.ModelDirectory,
 * io.espalier.worker.domain.model.Architecture, Collection, io.espalier.worker.domain.model.Kept,
 * ai.djl.ndarray.NDManager)}). A model that is larger than the memory can be run on all batches
 * layer by layer.
 */
public interface LayeredNetwork extends TextNetwork {
  /**
   * Why some loaders of the family would not open a model that is like this one but for its sizes,
   * if they would not.
   *
   * @param hidden width of the residual stream
   * @param heads number of attention heads in each layer
   */
  Optional<String> misfit(int hidden, int heads);

  /**
   * Names of the tensors that each piece reads.
   *
   * @param embedding those of the embedding
   * @param layers those of each layer, first to last
   * @param end those of the last normalisation and of what stands on it; the embedding's are among
   *     them if scores are read off it
   */
  record Pieces(List<String> embedding, List<List<String>> layers, List<String> end) {
    /** Names; lists are copied. */
    public Pieces {
      embedding = List.copyOf(embedding);
      layers = layers.stream().map(List::copyOf).toList();
      end = List.copyOf(end);
    }

    /**
     * Sorts names of tensors.
     *
     * @param stem names that the embedding may have
     * @param blocks what names in layers begin with, in front of the layer's number
     * @param shared names that the end reads as well
     */
    static Pieces of(
        Collection<String> tensors,
        List<String> stem,
        String blocks,
        int layers,
        List<String> shared) {
      List<List<String>> inLayers =
          IntStream.range(0, layers)
              .mapToObj(layer -> beginningWith(tensors, blocks + layer + "."))
              .toList();
      var rest = new ArrayList<>(tensors);
      inLayers.forEach(rest::removeAll);
      rest.removeIf(name -> stem.contains(name) && !shared.contains(name));
      return new Pieces(tensors.stream().filter(stem::contains).toList(), inLayers, rest);
    }

    private static List<String> beginningWith(Collection<String> tensors, String start) {
      return tensors.stream().filter(name -> name.startsWith(start)).toList();
    }
  }

  /** How many layers there are. */
  int layers();

  /**
   * What each piece reads.
   *
   * @param tensors names of all tensors of the checkpoint
   */
  Pieces pieces(Collection<String> tensors);

  /**
   * What all layers need to know of a batch.
   *
   * @param like an array of the type and on the device that is computed in
   */
  Surroundings surroundings(Tokens tokens, NDArray like);

  /**
   * What enters the first layer.
   *
   * @param weights hold at least the tensors of the embedding
   * @return (batch, tokens, hidden)
   */
  NDArray embed(Weights weights, Tokens tokens, Taps taps);

  /**
   * What a layer makes of what enters it.
   *
   * @param index counted from 0
   * @param weights hold at least the tensors of the layer
   * @param x (batch, tokens, hidden)
   * @param surroundings those of the batch
   * @return (batch, tokens, hidden)
   */
  NDArray layer(int index, Weights weights, NDArray x, Surroundings surroundings, Taps taps);

  /**
   * The last hidden state.
   *
   * @param weights hold at least the tensors of the end
   * @param x what leaves the last layer, (batch, tokens, hidden)
   * @return (batch, tokens, hidden)
   */
  NDArray end(Weights weights, NDArray x, Taps taps);

  /**
   * What the model says, as {@link #forward} says.
   *
   * @param weights hold at least the tensors of the end
   * @param last what {@link #end} gave
   */
  NDArray scores(Weights weights, NDArray last, Tokens tokens);

  @Override
  default NDArray encode(Weights weights, Tokens tokens, Taps taps) {
    NDArray x = embed(weights, tokens, taps);
    Surroundings surroundings = surroundings(tokens, x);
    for (int i = 0; i < layers(); i++) {
      x = layer(i, weights, x, surroundings, taps);
    }
    return end(weights, x, taps);
  }

  @Override
  default NDArray forward(Weights weights, Tokens tokens, Taps taps) {
    return scores(weights, encode(weights, tokens, taps), tokens);
  }
}
