package io.espalier.worker.algorithm.minitron;

/** A mean of what comes in sums. */
final class RunningMean {
  private double sum;
  private long count;

  void add(double more, long of) {
    sum += more;
    count += of;
  }

  /** The mean; no number if nothing came. */
  double value() {
    return sum / count;
  }

  long count() {
    return count;
  }
}
