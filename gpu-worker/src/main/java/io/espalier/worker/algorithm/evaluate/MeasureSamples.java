package io.espalier.worker.algorithm.evaluate;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;

/**
 * The samples behind a measure, so that it can be told how much it depends on which they were.
 *
 * @param count how many there are
 * @param value the measure if each sample, by its position, counted so many times; not a number if
 *     these samples do not have it
 */
public record MeasureSamples(int count, ToDoubleFunction<int[]> value) {
  /** Samples; at least one. */
  public MeasureSamples {
    if (count < 1) {
      throw new IllegalArgumentException("%d samples; at least 1 is needed".formatted(count));
    }
  }

  /** Those of a mean of values, one per sample. */
  public static MeasureSamples mean(double[] values) {
    double[] ones = new double[values.length];
    Arrays.fill(ones, 1);
    return ratio(values, ones);
  }

  /** Those of a mean over parts, of which each sample has some: their sums and their numbers. */
  public static MeasureSamples ratio(double[] sums, double[] parts) {
    return new MeasureSamples(
        sums.length,
        times -> {
          double sum = 0;
          double all = 0;
          for (int i = 0; i < sums.length; i++) {
            sum += times[i] * sums[i];
            all += times[i] * parts[i];
          }
          return sum / all;
        });
  }

  /** Those of a function of the measure. */
  public MeasureSamples then(DoubleUnaryOperator function) {
    return new MeasureSamples(count, times -> function.applyAsDouble(value.applyAsDouble(times)));
  }
}
