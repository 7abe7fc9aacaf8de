package io.espalier.streams.app;

import java.time.Duration;

/**
 * The coordinator's intervals.
 *
 * @param commit how often a transaction is committed; an event passes two of them on its way to a
 *     worker
 * @param timers how often timers are looked at
 * @param silence after this time without a sign of life nobody is taken to work on a run; workers
 *     report at least every 15 seconds
 */
public record CoordinatorTiming(Duration commit, Duration timers, Duration silence) {
  /** 30 ms, 1 s and 1 min. */
  public static final CoordinatorTiming DEFAULT =
      new CoordinatorTiming(Duration.ofMillis(30), Duration.ofSeconds(1), Duration.ofMinutes(1));
}
