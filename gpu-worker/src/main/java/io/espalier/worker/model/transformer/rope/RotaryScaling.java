package io.espalier.worker.model.transformer.rope;

import java.util.List;

/**
 * The angles that pairs of channels turn by from one position to the next, and how they are changed
 * so that a model reads longer sequences than it was first trained on.
 *
 * <p>Unscaled, pair i of n turns by {@code base^(-i/n)}. All in float32 as transformers computes
 * them, since at far positions the rounding of a frequency is an angle.
 *
 * <p>Source: transformers 4.57.6, {@code modeling_rope_utils.py}.
 */
public sealed interface RotaryScaling {
  /** The angle of each pair, in radians per position, in sequences of so many tokens. */
  float[] frequencies(int pairs, int tokens);

  /** Returns whether sequences of different lengths are turned by different angles. */
  default boolean byLength() {
    return false;
  }

  /** Returns what unscaled angles are powers of. */
  double base();

  /** Returns what cosines and sines are multiplied by. */
  default double amplitude() {
    return 1;
  }

  /** The longest sequence of a model whose config says so many positions. */
  default int positions(int said) {
    return said;
  }

  private static int longer(int tokens, double factor) {
    return (int) Math.min(Integer.MAX_VALUE, tokens * factor);
  }

  /** As first trained. */
  record Unscaled(double base) implements RotaryScaling {
    @Override
    public float[] frequencies(int pairs, int tokens) {
      float[] frequencies = new float[pairs];
      for (int i = 0; i < pairs; i++) {
        frequencies[i] = 1 / (float) Math.pow(base, (float) i / pairs);
      }
      return frequencies;
    }
  }

  /** Positions lie closer together, by one factor. */
  record Linear(double base, double factor) implements RotaryScaling {
    @Override
    public float[] frequencies(int pairs, int tokens) {
      float[] frequencies = new Unscaled(base).frequencies(pairs, tokens);
      for (int i = 0; i < pairs; i++) {
        frequencies[i] /= (float) factor;
      }
      return frequencies;
    }

    @Override
    public int positions(int said) {
      return longer(said, factor);
    }
  }

  /**
   * Sequences that are longer than the model was trained on have a larger base, others the usual
   * one: {@code base · (factor · tokens / original − (factor − 1))^(n / (n − 1))}.
   *
   * @param original tokens that the model was trained on
   */
  record Dynamic(double base, double factor, int original) implements RotaryScaling {
    @Override
    public float[] frequencies(int pairs, int tokens) {
      double longer = factor * Math.max(tokens, original) / original - (factor - 1);
      double larger = base * Math.pow(longer, (double) pairs / (pairs - 1));
      return new Unscaled(larger).frequencies(pairs, tokens);
    }

    @Override
    public boolean byLength() {
      return true;
    }

    // the config says the original length, and the model is to read longer ones
    @Override
    public int positions(int said) {
      return longer(said, factor);
    }
  }

  /**
   * Long waves are stretched by the factor, short ones stay, and those between are in between.
   *
   * @param low waves of more than {@code original / low} positions are long
   * @param high waves of less than {@code original / high} positions are short
   * @param original tokens that the model was trained on
   */
  record Llama3(double base, double factor, double low, double high, int original)
      implements RotaryScaling {
    @Override
    public float[] frequencies(int pairs, int tokens) {
      float[] frequencies = new Unscaled(base).frequencies(pairs, tokens);
      for (int i = 0; i < pairs; i++) {
        double turns = original * frequencies[i] / (2 * Math.PI);
        double kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
        frequencies[i] = (float) (frequencies[i] * (kept + (1 - kept) / factor));
      }
      return frequencies;
    }
  }

  /**
   * YaRN: pairs that turn often within the original length stay, pairs that turn rarely are
   * stretched by the factor, with a ramp from the one to the other; everything is amplified.
   *
   * <p>Source: Peng et al., YaRN, arXiv 2309.00071.
   *
   * @param amplitude what cosines and sines are multiplied by
   * @param fast pairs that turn more often within the original length stay
   * @param slow pairs that turn less often are stretched by the whole factor
   * @param original tokens that the model was trained on
   * @param whole whether the ramp begins and ends at whole pairs
   */
  record Yarn(
      double base,
      double factor,
      double amplitude,
      double fast,
      double slow,
      int original,
      boolean whole)
      implements RotaryScaling {
    @Override
    public float[] frequencies(int pairs, int tokens) {
      double from = pairTurning(fast, pairs);
      double to = pairTurning(slow, pairs);
      double first = Math.max(whole ? Math.floor(from) : from, 0);
      double last = Math.min(whole ? Math.ceil(to) : to, 2 * pairs - 1.0);
      double length = first == last ? 0.001 : last - first;
      float[] frequencies = new Unscaled(base).frequencies(pairs, tokens);
      for (int i = 0; i < pairs; i++) {
        double stretched = Math.min(1, Math.max(0, (i - first) / length));
        frequencies[i] = (float) (frequencies[i] * (1 - stretched + stretched / factor));
      }
      return frequencies;
    }

    /** Returns which pair, between two as it may be, turns so often within the original length. */
    private double pairTurning(double turns, int pairs) {
      return pairs * Math.log(original / (turns * 2 * Math.PI)) / Math.log(base);
    }

    @Override
    public int positions(int said) {
      return Math.max(said, longer(original, factor));
    }

    /** Returns what YaRN's paper recommends, for a factor and a weight of its logarithm. */
    static double amplitude(double factor, double weight) {
      return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
    }
  }

  /**
   * LongRoPE: each pair has a factor of its own, one for sequences within the original length and
   * another for longer ones.
   *
   * <p>Source: Ding et al., LongRoPE, arXiv 2402.13753.
   *
   * @param amplitude what cosines and sines are multiplied by
   * @param within the factors within the original length, one per pair
   * @param beyond those of longer sequences
   * @param original tokens that the model was trained on
   */
  record LongRope(
      double base, double amplitude, List<Double> within, List<Double> beyond, int original)
      implements RotaryScaling {
    /** Angles; lists are copied. */
    public LongRope {
      within = List.copyOf(within);
      beyond = List.copyOf(beyond);
    }

    @Override
    public boolean byLength() {
      return true;
    }

    @Override
    public float[] frequencies(int pairs, int tokens) {
      List<Double> factors = tokens > original ? beyond : within;
      float[] frequencies = new Unscaled(base).frequencies(pairs, tokens);
      for (int i = 0; i < pairs; i++) {
        frequencies[i] /= factors.get(i).floatValue();
      }
      return frequencies;
    }
  }
}
