package io.espalier.worker.algorithm.minitron;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.algorithm.family.Taps;
import io.espalier.worker.algorithm.family.Tokens;
import io.espalier.worker.tensor.T;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Watches a layer while batches pass.
 *
 * <p>For an activation x of shape (batch, tokens, units), one number per unit: {@code over
 * sequences (over real tokens of the sequence |x|)}, by default {@code sqrt(Σ over sequences (mean
 * over tokens |x|)²)}. Tokens are summed up in float32 as they come, sequences in float64. Padding
 * counts nowhere: activations there are set to zero, and the mean is over real tokens; the cosine
 * of what enters and leaves is that of real tokens, too.
 *
 * <p>Source: arXiv 2407.14679; ModelOpt 0.40, {@code modelopt/torch/nas/plugins/megatron.py}.
 */
final class LayerWatch {
  /** Torch's own bound of the product of lengths that a cosine divides by. */
  private static final double SHORTEST = 1e-8;

  private final Aggregation overTokens;
  private final Aggregation overSequences;
  private final Map<String, double[]> neurons = new LinkedHashMap<>();
  private final Map<String, double[]> contexts = new LinkedHashMap<>();
  private final Map<String, double[]> norms = new LinkedHashMap<>();
  private long sequences;
  private double distance;

  /** A watch that has seen nothing. */
  LayerWatch(Aggregation overTokens, Aggregation overSequences) {
    this.overTokens = overTokens;
    this.overSequences = overSequences;
  }

  /** What watches the next batch. */
  Taps batch(Tokens tokens) {
    sequences += tokens.ids().getShape().get(0);
    return new Batch(tokens);
  }

  /** One score per neuron. */
  double[] neurons() {
    return settled(only(neurons));
  }

  /** One score per head: the root of the squares of its channels' scores, summed. */
  double[] heads(int headSize) {
    return lengths(settled(only(contexts)), headSize);
  }

  /** One score per channel of the stream: those of all normalisations, summed. */
  double[] hidden() {
    double[] sum = new double[norms.values().iterator().next().length];
    for (double[] norm : norms.values()) {
      double[] settled = settled(norm);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += settled[i];
      }
    }
    return sum;
  }

  /** Sum over batches of 1 - the mean cosine. */
  double distance() {
    return distance;
  }

  /** The lengths of vectors that follow each other. */
  static double[] lengths(double[] values, int size) {
    double[] lengths = new double[values.length / size];
    for (int i = 0; i < lengths.length; i++) {
      double squares = 0;
      for (int j = i * size; j < (i + 1) * size; j++) {
        squares += values[j] * values[j];
      }
      lengths[i] = Math.sqrt(squares);
    }
    return lengths;
  }

  private static double[] only(Map<String, double[]> seen) {
    if (seen.size() != 1) {
      throw new IllegalStateException("one axis was to be seen, not %s".formatted(seen.keySet()));
    }
    return seen.values().iterator().next();
  }

  private double[] settled(double[] all) {
    double[] settled = new double[all.length];
    for (int i = 0; i < all.length; i++) {
      settled[i] = overSequences.settled(all[i], sequences);
    }
    return settled;
  }

  /** One batch on its way. */
  private final class Batch implements Taps {
    private final NDArray mask; // (batch, tokens), int64
    private @Nullable NDArray entered;

    Batch(Tokens tokens) {
      this.mask = tokens.mask();
    }

    @Override
    public NDArray activated(String axis, NDArray activated) {
      add(neurons, axis, activated);
      return activated;
    }

    @Override
    public NDArray heads(String axis, NDArray context) {
      NDArray byToken = T.transpose(context, 1, 2); // (batch, tokens, heads, head size)
      var shape = byToken.getShape();
      add(
          contexts,
          axis,
          T.reshape(byToken, shape.get(0), shape.get(1), shape.get(2) * shape.get(3)));
      return context;
    }

    @Override
    public NDArray normed(String module, NDArray normed) {
      add(norms, module, normed);
      return normed;
    }

    @Override
    public NDArray entering(int layer, NDArray state) {
      entered = state;
      return state;
    }

    @Override
    public NDArray leaving(int layer, NDArray state) {
      NDArray before = T.inDoublePrecision(Objects.requireNonNull(entered));
      NDArray after = T.inDoublePrecision(state);
      NDArray lengths = T.sqrt(T.multiply(T.sum(T.square(before), 2), T.sum(T.square(after), 2)));
      NDArray cosines = T.divide(T.sum(T.multiply(before, after), 2), T.atLeast(lengths, SHORTEST));
      NDArray real = T.inDoublePrecision(mask);
      double count = T.sum(real).getDouble();
      distance += 1 - T.sum(T.multiply(cosines, real)).getDouble() / count;
      return state;
    }

    private void add(Map<String, double[]> seen, String name, NDArray x) {
      NDArray weights = T.inTypeOf(x, mask);
      NDArray real =
          T.multiply(
              x, T.reshape(weights, weights.getShape().get(0), weights.getShape().get(1), 1));
      NDArray counts = T.reshape(T.atLeast(T.sum(weights, 1), 1), x.getShape().get(0), 1);
      float[] values = overTokens.overTokens(real, counts).toFloatArray(); // (batch, units)
      int units = Math.toIntExact(x.getShape().get(2));
      double[] all = seen.computeIfAbsent(name, any -> new double[units]);
      for (int i = 0; i < values.length; i++) {
        all[i % units] = overSequences.add(all[i % units], values[i]);
      }
    }
  }
}
