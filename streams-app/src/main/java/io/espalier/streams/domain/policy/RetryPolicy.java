package io.espalier.streams.domain.policy;

import java.time.Duration;
import java.util.Optional;

/**
 * Retries of a run.
 *
 * @param maxAttempts attempts per stage, the first included
 * @param backoff wait before the second attempt; doubles with each further one
 * @param deadline time that workers may work on a run; waiting does not count
 * @param queueTimeout time that a stage may wait for a worker; without a bound if absent
 */
public record RetryPolicy(
    int maxAttempts, Duration backoff, Duration deadline, Optional<Duration> queueTimeout) {
  private static final int MOST_DOUBLINGS = 20;

  /**
   * Returns how long to wait after a failed attempt.
   *
   * @param attempt the attempt that failed, from 1
   */
  public Duration backoffAfter(int attempt) {
    Duration wait = backoff.multipliedBy(1L << Math.min(attempt - 1, MOST_DOUBLINGS));
    return wait.compareTo(deadline) < 0 ? wait : deadline;
  }
}
