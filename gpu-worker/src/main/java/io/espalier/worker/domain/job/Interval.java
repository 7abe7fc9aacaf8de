package io.espalier.worker.domain.job;

/**
 * A range of values, both ends included.
 *
 * @param low not above {@code high}
 * @param high the other end
 */
public record Interval(double low, double high) {
  /** A range. */
  public Interval {
    if (low > high) {
      throw new IllegalArgumentException(
          "an interval from %s to %s; wanted the lower end first".formatted(low, high));
    }
  }

  /** Returns whether a value is within it. */
  public boolean contains(double value) {
    return low <= value && value <= high;
  }

  /** Returns whether a value is within both. */
  public boolean overlaps(Interval other) {
    return low <= other.high && other.low <= high;
  }

  /** From one end to the other. */
  public double width() {
    return high - low;
  }
}
