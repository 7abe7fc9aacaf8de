package io.espalier.worker.algorithm.evaluate;

import java.util.Arrays;

/**
 * Wall-clock time of one forward pass.
 *
 * @param medianMillis half of the repetitions were faster
 * @param lowMillis one in ten was faster
 * @param highMillis one in ten was slower
 * @param repetitions number of passes measured
 */
public record Latency(double medianMillis, double lowMillis, double highMillis, int repetitions) {
  private static final double NANOS_PER_MILLI = 1e6;

  /** Sums up the durations of passes, in nanoseconds. */
  static Latency of(long[] nanos) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    return new Latency(
        quantile(sorted, 0.5), quantile(sorted, 0.1), quantile(sorted, 0.9), sorted.length);
  }

  /** Between neighbouring values in proportion, as numpy does by default. */
  private static double quantile(long[] sorted, double fraction) {
    double position = fraction * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    double nanos = sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    return nanos / NANOS_PER_MILLI;
  }
}
