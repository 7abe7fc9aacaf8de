package io.espalier.streams.domain.policy;

import java.time.Duration;

/**
 * How hard a run tries.
 *
 * @param maxAttempts attempts per stage, the first included
 * @param backoff wait before the second attempt; doubles with each further one
 * @param deadline time that a run may take from its planning
 */
public record Effort(int maxAttempts, Duration backoff, Duration deadline) {
  private static final int MOST_DOUBLINGS = 20;

  /**
   * How long to wait after a failed attempt.
   *
   * @param attempt the attempt that failed, from 1
   */
  public Duration backoffAfter(int attempt) {
    Duration wait = backoff.multipliedBy(1L << Math.min(attempt - 1, MOST_DOUBLINGS));
    return wait.compareTo(deadline) < 0 ? wait : deadline;
  }
}
