package io.espalier.standalone.local;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Time when a service that has ended may restart: at once the first time, and after pauses that
 * double with each end; not at all if it ends too often, since then it does not help.
 */
public final class Restarts {
  private static final int MOST = 8;
  private static final Duration WITHIN = Duration.ofMinutes(10);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final Deque<Instant> ends = new ArrayDeque<>();

  /** Takes note of an end, and returns when to start again; empty if that is of no use. */
  public Optional<Instant> afterEnd(Instant now) {
    while (!ends.isEmpty() && ends.peek().isBefore(now.minus(WITHIN))) {
      ends.remove();
    }
    ends.add(now);
    return ends.size() > MOST ? Optional.empty() : Optional.of(now.plus(pause(ends.size())));
  }

  private static Duration pause(int ended) {
    if (ended == 1) {
      return Duration.ZERO;
    }
    Duration pause = Duration.ofSeconds(1L << (ended - 2));
    return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
  }
}
