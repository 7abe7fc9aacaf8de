package io.espalier.worker.algorithm.layerwise;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.train.Objective;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * The objective of one layer: its squared error against the teacher's stream. A sample is a batch
 * of sequences, a count a token.
 *
 * @param layer its number in the student
 * @param models fingerprint of teacher, student and texts
 */
record LayerObjective(LayerStreams streams, int layer, String models) implements Objective {
  @Override
  public int size() {
    return streams.texts().firstHeldOut();
  }

  @Override
  public String fingerprint() {
    return new Fingerprint().add(models).add("layer " + layer).hex();
  }

  @Override
  public Piece piece(int[] indices, SplittableRandom random) {
    return new Piece() {
      @Override
      public long count() {
        return Arrays.stream(indices).mapToLong(streams::tokens).sum();
      }

      @Override
      public long tokens() {
        return count();
      }

      @Override
      public Supplier<NDArray> sum(Weights weights, NDManager manager) {
        List<LayerStreams.Wanted> wanted =
            Arrays.stream(indices).mapToObj(streams::wanted).toList();
        return () -> {
          NDArray sum = streams.error(layer, weights, indices[0], wanted.get(0));
          for (int i = 1; i < indices.length; i++) {
            sum = Tensors.add(sum, streams.error(layer, weights, indices[i], wanted.get(i)));
          }
          return sum;
        };
      }
    };
  }
}
