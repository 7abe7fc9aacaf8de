package io.espalier.worker.algorithm.minitron.reconstruct;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.reconstruct.LeastSquares;
import io.espalier.worker.algorithm.reconstruct.LinearMap;
import io.espalier.worker.algorithm.reconstruct.StreamReaders;
import io.espalier.worker.algorithm.reconstruct.transformer.Projection;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The linear layers that read the stream behind one of its normalisations.
 *
 * @param norm name of the normalisation
 * @param readers those of them that stay
 */
record NormReaders(String norm, List<Reader> readers) {
  /**
   * One of them.
   *
   * @param original what it is in the original
   * @param cut the same in the cut model
   */
  record Reader(Projection original, Projection cut) {}

  /** Readers; the list is copied. */
  NormReaders {
    readers = List.copyOf(readers);
  }

  /**
   * Those of a part of the original, in the order of the forward pass.
   *
   * @param kept the units that stay of it
   */
  static List<NormReaders> of(DecoderBlueprint blueprint, Architecture part, Kept kept) {
    Axis stream = blueprint.hidden();
    Kept own = kept.of(part.choices().values());
    Map<String, String> names = part.names(own);
    Map<String, Layer> original = byWeight(part);
    Map<String, Layer> cut = byWeight(part.keep(own));
    var found = new LinkedHashMap<String, List<Reader>>();
    List<Reader> current = new ArrayList<>(); // nothing stands in front of the first normalisation
    for (TensorSpec tensor : part.tensors()) {
      Layer layer = original.get(tensor.name());
      String name = names.get(tensor.name());
      if (isNorm(tensor, stream, original)) {
        current = found.computeIfAbsent(module(tensor), any -> new ArrayList<>());
      } else if (layer != null && name != null && layer.in().isAlong(stream)) {
        boolean transposed = tensor.dimensions().get(0).isAlong(stream);
        Layer narrower = Objects.requireNonNull(cut.get(name));
        current.add(
            new Reader(
                new Projection(stream.name(), layer, transposed),
                new Projection(stream.name(), narrower, transposed)));
      }
    }
    return found.entrySet().stream()
        .filter(each -> !each.getValue().isEmpty())
        .map(each -> new NormReaders(each.getKey(), each.getValue()))
        .toList();
  }

  /**
   * Returns whether it is the scale or the shift of a normalisation, and no bias of a linear layer.
   */
  private static boolean isNorm(TensorSpec tensor, Axis stream, Map<String, Layer> layers) {
    return tensor.dimensions().size() == 1
        && tensor.dimensions().get(0).isAlong(stream)
        && !layers.containsKey(module(tensor) + ".weight");
  }

  private static String module(TensorSpec tensor) {
    return tensor.name().substring(0, tensor.name().lastIndexOf('.'));
  }

  private static Map<String, Layer> byWeight(Architecture part) {
    var layers = new HashMap<String, Layer>();
    part.layers().forEach(layer -> layers.put(layer.weight(), layer));
    return layers;
  }

  /** The outputs of a reader of the original that stay, as a map; in the open scope. */
  static LinearMap wanted(Reader reader, Weights original, Kept kept) {
    LinearMap whole = reader.original().map(original);
    var outputs = reader.original().layer().out();
    if (!outputs.isCutBy(kept)) {
      return whole;
    }
    int[] left = outputs.indices(kept);
    NDArray weight = Tensors.select(whole.weight(), 0, left);
    return new LinearMap(weight, Tensors.select(whole.intercept(), 0, left));
  }

  /**
   * Solves for a reader, which changes in place if the solution is better.
   *
   * @param cut weights of the cut model
   */
  static LeastSquares.Solution solve(
      Reader reader, StreamReaders sums, LinearMap wanted, Weights cut) {
    Projection own = reader.cut();
    LeastSquares.Solution solution =
        sums.solve(own.weight(), wanted, own.map(cut), own.intercept());
    if (solution.report().solved()) {
      own.become(solution.map(), cut);
    }
    return solution;
  }
}
