package io.espalier.worker.algorithm.minitron.measure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Tensors;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
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
 * <p>The tokens of a batch that chose an expert are one sequence for its neurons, unless all of
 * them are padding. An expert itself is worth the mean, over the real tokens of all batches that
 * chose it, of the length of what it adds to the stream; nothing if none did.
 *
 * <p>Source: arXiv 2407.14679; ModelOpt 0.40, {@code modelopt/torch/nas/plugins/megatron.py}.
 */
final class ActivationRecorder {
  /** Torch's own bound of the product of lengths that a cosine divides by. */
  private static final double SHORTEST = 1e-8;

  private final ScoreAggregation overTokens;
  private final ScoreAggregation overSequences;
  private final Map<String, UnitSums> neurons = new HashMap<>();
  private final Map<Integer, RunningMean> experts = new HashMap<>();
  private final Map<String, UnitSums> contexts = new LinkedHashMap<>();
  private final Map<String, UnitSums> norms = new LinkedHashMap<>();
  private final Map<Integer, LengthShares> shares = new TreeMap<>();
  private final boolean directions;
  private double distance;

  /** A watch that has seen nothing. */
  ActivationRecorder(ScoreAggregation overTokens, ScoreAggregation overSequences) {
    this(overTokens, overSequences, false);
  }

  /**
   * Makes a watch that has seen nothing.
   *
   * @param directions whether the stream runs along directions, the strongest first, so that it is
   *     worth to know how much the first of them have of it
   */
  ActivationRecorder(
      ScoreAggregation overTokens, ScoreAggregation overSequences, boolean directions) {
    this.overTokens = overTokens;
    this.overSequences = overSequences;
    this.directions = directions;
  }

  /** Returns what watches the next batch. */
  ForwardHooks batch(Tokens tokens) {
    return batch(tokens.mask());
  }

  /**
   * Returns what watches the next batch.
   *
   * @param mask 1 for a real token, 0 for padding: (batch, tokens), int64
   */
  ForwardHooks batch(NDArray mask) {
    return new Batch(mask);
  }

  /** One score per neuron, of the layer or of one of its experts; zeros if no token reached it. */
  double[] neurons(Axis axis) {
    return neurons.getOrDefault(axis.name(), new UnitSums(axis.units(), overSequences)).settled();
  }

  /** One score per expert. */
  double[] experts(Axis axis) {
    double[] scores = new double[axis.units()];
    experts.forEach((expert, mean) -> scores[expert] = mean.count() == 0 ? 0 : mean.value());
    return scores;
  }

  /** Returns how many real tokens chose each expert. */
  double[] readers(Axis axis) {
    double[] readers = new double[axis.units()];
    experts.forEach((expert, mean) -> readers[expert] = mean.count());
    return readers;
  }

  /** One score per head: the root of the squares of its channels' scores, summed. */
  double[] heads(int headSize) {
    if (contexts.size() != 1) {
      throw new IllegalStateException(
          "one axis of heads was to be seen, not %s".formatted(contexts.keySet()));
    }
    return lengths(contexts.values().iterator().next().settled(), headSize);
  }

  /** One score per channel of the stream: those of all normalisations, summed. */
  double[] hidden() {
    double[] sum = new double[0];
    for (UnitSums norm : norms.values()) {
      double[] settled = norm.settled();
      for (int i = 0; i < sum.length; i++) {
        settled[i] += sum[i];
      }
      sum = settled;
    }
    return sum;
  }

  /**
   * Returns the part of the length of what normalisations read that the first directions have, by
   * the place of the normalisation as {@link StreamInputs} counts; none if that was not watched.
   */
  Map<Integer, double[]> shares() {
    var means = new TreeMap<Integer, double[]>();
    shares.forEach((which, each) -> means.put(which, each.means()));
    return means;
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

  /** One batch on its way. */
  private final class Batch implements StreamInputs {
    private final NDArray mask; // (batch, tokens), int64
    private final Map<Integer, NDArray> readers = new HashMap<>(); // (1, tokens of the expert)
    private final Map<String, NDArray> readersOfNeurons = new HashMap<>();
    private @Nullable NDArray entered;

    Batch(NDArray mask) {
      this.mask = mask;
    }

    @Override
    public void reads(int expert, String axis, int[] tokens) {
      NDArray all = Tensors.reshape(mask, 1, mask.size());
      NDArray real = Tensors.select(all, 1, tokens);
      readers.put(expert, real);
      readersOfNeurons.put(axis, real);
    }

    @Override
    public NDArray activated(String axis, NDArray activated) {
      add(neurons, axis, activated, readersOfNeurons.getOrDefault(axis, mask));
      return activated;
    }

    @Override
    public NDArray expert(String axis, int expert, NDArray output) {
      NDArray real = Tensors.inTypeOf(output, Objects.requireNonNull(readers.get(expert)));
      NDArray lengths = Tensors.sqrt(Tensors.sum(Tensors.square(output), 1)); // (tokens)
      double sum =
          Tensors.sum(Tensors.multiply(Tensors.reshape(lengths, 1, lengths.size()), real))
              .getFloat();
      experts
          .computeIfAbsent(expert, any -> new RunningMean())
          .add(sum, (long) Tensors.sum(real).getFloat());
      return output;
    }

    @Override
    public NDArray heads(String axis, NDArray context) {
      NDArray byToken = Tensors.transpose(context, 1, 2); // (batch, tokens, heads, head size)
      var shape = byToken.getShape();
      add(
          contexts,
          axis,
          Tensors.reshape(byToken, shape.get(0), shape.get(1), shape.get(2) * shape.get(3)),
          mask);
      return context;
    }

    @Override
    public NDArray normed(String module, NDArray normed) {
      add(norms, module, normed, mask);
      return normed;
    }

    @Override
    public void read(int which, NDArray stream) {
      if (directions) {
        shares.computeIfAbsent(which, any -> new LengthShares()).add(stream, mask);
      }
    }

    @Override
    public NDArray entering(int layer, NDArray state) {
      entered = state;
      return StreamInputs.super.entering(layer, state);
    }

    @Override
    public NDArray leaving(int layer, NDArray state) {
      double cosines = 0;
      for (int i = 0; i < state.getShape().get(0); i++) {
        cosines += cosines(sequence(Objects.requireNonNull(entered), i), sequence(state, i), i);
      }
      distance += 1 - cosines / Tensors.sum(Tensors.inDoublePrecision(mask)).getDouble();
      return StreamInputs.super.leaving(layer, state);
    }

    /** Sum of the cosines of the real tokens of a sequence; (1, tokens, hidden) each. */
    private double cosines(NDArray entered, NDArray left, int sequence) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray before = Tensors.inDoublePrecision(entered);
        NDArray after = Tensors.inDoublePrecision(left);
        NDArray lengths =
            Tensors.sqrt(
                Tensors.multiply(
                    Tensors.sum(Tensors.square(before), 2), Tensors.sum(Tensors.square(after), 2)));
        NDArray each =
            Tensors.divide(
                Tensors.sum(Tensors.multiply(before, after), 2),
                Tensors.atLeast(lengths, SHORTEST));
        NDArray real = Tensors.inDoublePrecision(sequence(mask, sequence));
        return Tensors.sum(Tensors.multiply(each, real)).getDouble();
      }
    }

    /**
     * One of some sequences. What is computed of one is small enough for the memory that the last
     * one had; of many, memory is new each time, which takes longer than to compute with it.
     */
    private static NDArray sequence(NDArray all, int which) {
      return Tensors.slice(all, 0, which, which + 1L);
    }

    /** Adds what units say, (sequences, tokens, units), where the mask of these is 1. */
    private void add(Map<String, UnitSums> seen, String name, NDArray x, NDArray tokens) {
      int units = Math.toIntExact(x.getShape().get(2));
      UnitSums sums = seen.computeIfAbsent(name, any -> new UnitSums(units, overSequences));
      for (int i = 0; i < x.getShape().get(0); i++) {
        add(sums, sequence(x, i), sequence(tokens, i));
      }
    }

    private void add(UnitSums sums, NDArray x, NDArray tokens) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray weights = Tensors.inTypeOf(x, tokens); // (1, tokens)
        NDArray counts = Tensors.sum(weights, 1);
        float count = counts.toFloatArray()[0];
        if (count > 0) {
          NDArray real =
              count == tokens.size()
                  ? x
                  : Tensors.multiply(x, Tensors.reshape(weights, 1, tokens.size(), 1));
          sums.add(overTokens.overTokens(real, Tensors.reshape(counts, 1, 1)).toFloatArray());
        }
      }
    }
  }
}
