package io.espalier.worker.algorithm.evaluate;

import io.espalier.worker.domain.job.Interval;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * Chance error of a measure: in 95 of 100 cases no further than to the ends of the interval, which
 * holds the middle 95 % of what the measure is of samples drawn anew from those at hand. Two models
 * are compared on the same draws, so what is hard for both does not count as a difference.
 *
 * <p>Source: Efron, Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13 (percentile
 * intervals).
 */
public final class Bootstrap {
  /** Part of all draws that an interval holds. */
  public static final double LEVEL = 0.95;

  /** Enough that the ends move by less than a tenth of the interval with another seed. */
  private static final int DRAWS = 1000;

  private final long seed;
  private final int draws;

  /** Draws that depend on a seed only. */
  public Bootstrap(long seed) {
    this(seed, DRAWS);
  }

  Bootstrap(long seed, int draws) {
    this.seed = seed;
    this.draws = draws;
  }

  /** Returns how far a measure could be off; ends are no numbers if it is none of any draw. */
  public Interval of(MeasureSamples samples) {
    return interval(samples.count(), samples.value());
  }

  /**
   * Returns how far the difference of a measure between two models could be off.
   *
   * @param before of the one model
   * @param after of the other, on the same samples in the same order
   */
  public Interval change(MeasureSamples before, MeasureSamples after) {
    if (before.count() != after.count()) {
      throw new IllegalArgumentException(
          "%d samples before and %d after; wanted the same ones"
              .formatted(before.count(), after.count()));
    }
    return interval(
        before.count(),
        times -> after.value().applyAsDouble(times) - before.value().applyAsDouble(times));
  }

  private Interval interval(int count, ToDoubleFunction<int[]> value) {
    var random = new SplittableRandom(seed);
    double[] values = new double[draws];
    int[] times = new int[count];
    for (int draw = 0; draw < draws; draw++) {
      Arrays.fill(times, 0);
      for (int i = 0; i < count; i++) {
        times[random.nextInt(count)]++;
      }
      values[draw] = value.applyAsDouble(times);
    }
    double[] sorted = Arrays.stream(values).filter(Double::isFinite).sorted().toArray();
    return new Interval(quantile(sorted, (1 - LEVEL) / 2), quantile(sorted, (1 + LEVEL) / 2));
  }

  /** Between neighbouring values in proportion, as numpy does by default. */
  private static double quantile(double[] sorted, double fraction) {
    if (sorted.length == 0) {
      return Double.NaN;
    }
    double position = fraction * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }
}
