package io.espalier.worker.algorithm.prune;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Durations of the parts of a work; what is done several times is added up. */
public final class Phases {
  private static final double NANOS_PER_SECOND = 1e9;

  private final LongSupplier clock;
  private final Map<String, Double> seconds = new LinkedHashMap<>();

  /**
   * Nothing done yet.
   *
   * @param clock nanoseconds, ascending
   */
  public Phases(LongSupplier clock) {
    this.clock = clock;
  }

  /** Does a part of the work. */
  public <R> R time(String phase, Supplier<R> work) {
    long start = clock.getAsLong();
    try {
      return work.get();
    } finally {
      seconds.merge(phase, (clock.getAsLong() - start) / NANOS_PER_SECOND, Double::sum);
    }
  }

  /** Seconds by phase, in the order in which they were first done. */
  public Map<String, Double> seconds() {
    return Collections.unmodifiableMap(seconds);
  }
}
