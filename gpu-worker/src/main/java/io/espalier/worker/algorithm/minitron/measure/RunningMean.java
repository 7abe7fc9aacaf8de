package io.espalier.worker.algorithm.minitron.measure;

/** A mean of what comes in sums. */
public final class RunningMean {
  private double sum;
  private long count;

  void add(double more, long of) {
    sum += more;
    count += of;
  }

  /** The mean; no number if nothing came. */
  public double value() {
    return sum / count;
  }

  /** How many numbers came. */
  public long count() {
    return count;
  }
}
