package io.espalier.worker.algorithm.minitron.measure;

import io.espalier.worker.algorithm.evaluate.MeasureSamples;
import java.util.ArrayList;
import java.util.List;

/** A mean of what comes in sums, one after another. */
public final class RunningMean {
  private final List<double[]> parts = new ArrayList<>();
  private double sum;
  private long count;

  void add(double more, long of) {
    sum += more;
    count += of;
    parts.add(new double[] {more, of});
  }

  /** The sums as samples, so that it can be told how much the mean depends on them. */
  public MeasureSamples samples() {
    return MeasureSamples.ratio(
        parts.stream().mapToDouble(part -> part[0]).toArray(),
        parts.stream().mapToDouble(part -> part[1]).toArray());
  }

  /** The mean; no number if nothing came. */
  public double value() {
    return sum / count;
  }

  /** Returns how many numbers came. */
  public long count() {
    return count;
  }
}
