package io.espalier.worker.algorithm.minitron.reconstruct;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.algorithm.reconstruct.transformer.Projection;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Inputs of one of the projections of a feed-forward part for a batch.
 *
 * <p>Of what a token lacks, each expert that it chose is to say a share: its weight squared of the
 * sum of theirs, which is the smallest change that makes it good.
 *
 * @param tokens real ones that it read, by their places among all, ascending
 * @param read what it read of each, times what its output is multiplied by: (tokens, inputs)
 * @param share of what each token lacks, (tokens, 1), float64
 */
@SuppressWarnings("ArrayRecordComponent") // lives for one batch of one layer
record MemberRows(int[] tokens, NDArray read, NDArray share) {
  /** Those of all members of a part that are solved for at once. */
  static List<MemberRows> of(BlockTrace now, List<Projection> members, TokenBatch batch) {
    double[] squares = new double[batch.mask().length];
    now.experts().forEach(axis -> count(now, axis, squares));
    var all = new ArrayList<MemberRows>();
    for (Projection each : members) {
      all.add(of(now, each.axis(), batch, squares));
    }
    return all;
  }

  private static void count(BlockTrace now, String axis, double[] squares) {
    int[] tokens = now.tokens(axis);
    NDArray weights = now.weights(axis);
    if (tokens != null && weights != null) {
      float[] each = weights.toFloatArray();
      for (int i = 0; i < tokens.length; i++) {
        squares[tokens[i]] += (double) each[i] * each[i];
      }
    }
  }

  private static MemberRows of(BlockTrace now, String axis, TokenBatch batch, double[] squares) {
    int @Nullable [] routed = now.tokens(axis);
    if (!now.has(axis)) { // no token chose it
      return new MemberRows(new int[0], now.before(), now.before());
    }
    int[] tokens = routed == null ? IntStream.range(0, squares.length).toArray() : routed;
    int[] real =
        IntStream.range(0, tokens.length).filter(i -> batch.mask()[tokens[i]] == 1).toArray();
    int[] places = IntStream.of(real).map(i -> tokens[i]).toArray();
    NDArray read = Tensors.select(now.read(axis), 0, real);
    double[] shares = new double[real.length];
    Arrays.fill(shares, 1);
    NDArray weights = now.weights(axis);
    if (weights != null) {
      NDArray own = Tensors.select(weights, 0, real);
      read = Tensors.multiply(read, own);
      if (routed != null) {
        float[] factors = own.toFloatArray();
        for (int i = 0; i < real.length; i++) {
          double all = squares[places[i]];
          shares[i] = all > 0 ? (double) factors[i] * factors[i] / all : 0;
        }
      }
    }
    return new MemberRows(places, read, Tensors.of(read.getManager(), shares, real.length, 1));
  }
}
