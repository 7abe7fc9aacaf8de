package io.espalier.worker.kafka.claim;

import java.time.Duration;

/**
 * Pauses between tries, each twice as long as the one before.
 *
 * @param first after the first failure
 * @param longest never exceeded
 */
public record Backoff(Duration first, Duration longest) {
  private static final int MOST_DOUBLINGS = 20;

  /** The pause after so many failures and one more. */
  public Duration after(int failed) {
    Duration pause = first.multipliedBy(1L << Math.min(failed, MOST_DOUBLINGS));
    return pause.compareTo(longest) > 0 ? longest : pause;
  }
}
