package io.espalier.worker.algorithm.reconstruct.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Channels of the residual stream and layers of a model that a cut version has left.
 *
 * @param channels ascending; empty if all stay
 * @param layers by their numbers in the model, ascending
 */
public record StreamRemainder(Optional<List<Integer>> channels, List<Integer> layers) {
  /** Remains of a stream; lists are copied. */
  public StreamRemainder {
    channels = channels.map(List::copyOf);
    layers = List.copyOf(layers);
  }

  /** All channels, of all layers of a model. */
  public static StreamRemainder whole(int layers) {
    return new StreamRemainder(Optional.empty(), IntStream.range(0, layers).boxed().toList());
  }

  /** Returns what is left of (rows, hidden). */
  NDArray of(NDArray stream) {
    return channels
        .map(left -> left.stream().mapToInt(Integer::intValue).toArray())
        .map(left -> Tensors.select(stream, 1, left))
        .orElse(stream);
  }

  /** Returns whether a layer of the cut version stands behind one that is gone. */
  boolean isBehindGap(int layer) {
    return layers.get(layer) > layer;
  }
}
