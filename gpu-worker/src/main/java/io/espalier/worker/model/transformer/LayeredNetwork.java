package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A network that can be run piece by piece: the embedding, one layer after another, and the end.
 *
 * <p>Each piece reads its own tensors only, so weights that hold no others are enough ({@link
 * Weights#load(io.espalier.worker.checkpoint.ModelDirectory, Architecture,
 * io.espalier.worker.domain.model.Kept, ai.djl.ndarray.NDManager)}). A model that is larger than
 * the memory can be run on all batches layer by layer.
 */
public interface LayeredNetwork extends StackedNetwork {
  /**
   * Returns why some loaders of the family would not open a model that is like this one but for its
   * sizes, if they would not.
   *
   * @param hidden width of the residual stream
   * @param heads number of attention heads in each layer
   */
  Optional<String> misfit(int hidden, int heads);

  /**
   * The parts of the architecture whose tensors each piece reads.
   *
   * @param embedding that of the embedding
   * @param layers that of each layer, first to last
   * @param end that of the last normalisation and of what stands on it; the embedding's tensors are
   *     among its own if scores are read off it
   */
  record Pieces(Architecture embedding, List<Architecture> layers, Architecture end) {
    /** Parts; the list is copied. */
    public Pieces {
      layers = List.copyOf(layers);
    }

    /**
     * Cuts an architecture up.
     *
     * @param stem names of tensors that the embedding may have
     * @param blocks its layers
     * @param shared names of tensors that the end reads as well
     */
    static Pieces of(
        Architecture architecture, List<String> stem, Stack blocks, List<String> shared) {
      int layers = blocks.axis().units();
      var names = new ArrayList<List<String>>();
      for (int i = 0; i < layers + 2; i++) { // the embedding and the end behind the layers
        names.add(new ArrayList<>());
      }
      for (TensorSpec tensor : architecture.tensors()) {
        String name = tensor.name();
        OptionalInt layer = blocks.unit(name);
        boolean embedded = layer.isEmpty() && stem.contains(name);
        if (embedded) {
          names.get(layers).add(name);
        }
        if (!embedded || shared.contains(name)) {
          names.get(layer.orElse(layers + 1)).add(name);
        }
      }
      List<Architecture> parts = architecture.parts(names);
      return new Pieces(parts.get(layers), parts.subList(0, layers), parts.get(layers + 1));
    }
  }

  /**
   * Returns what {@code layer_types} of config.json has to say of each layer, if silence there
   * means a pattern by the layers' numbers, which is another one once layers are gone.
   */
  default Optional<List<String>> layerTypes() {
    return Optional.empty();
  }

  /** Tells why the residual stream can run along its channels only, if it cannot do else. */
  Optional<String> fixedStream();

  /**
   * Lists what reads the stream.
   *
   * @param architecture that of the checkpoint at hand
   */
  StreamTensors streamTensors(Architecture architecture);

  /**
   * Returns what each piece reads.
   *
   * @param architecture that of the checkpoint at hand
   */
  Pieces pieces(Architecture architecture);

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
