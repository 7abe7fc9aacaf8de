package io.espalier.streams.app;

import java.time.Duration;

/**
 * The coordinator's intervals.
 *
 * @param commit how often a transaction is committed; an event passes three of them on its way to a
 *     worker
 * @param timers how often timers are looked at
 * @param start how long a dispatched job may take to start
 * @param silence how long a running worker may be silent; workers report at least every 15 seconds
 */
public record Timing(Duration commit, Duration timers, Duration start, Duration silence) {
  /** 30 ms, 1 s, 10 min and 2 min. */
  public static final Timing DEFAULT =
      new Timing(
          Duration.ofMillis(30),
          Duration.ofSeconds(1),
          Duration.ofMinutes(10),
          Duration.ofMinutes(2));
}
