package io.espalier.worker.model.family;

import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.domain.model.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A network, whatever it reads, that can be made smaller as a whole: its residual stream, its
 * layers, and the units of these.
 */
public interface ResizableNetwork extends MaskableNetwork, LayerStack {
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
    public static Pieces of(
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
   * Returns what each piece reads.
   *
   * @param architecture that of the checkpoint at hand
   */
  Pieces pieces(Architecture architecture);
}
