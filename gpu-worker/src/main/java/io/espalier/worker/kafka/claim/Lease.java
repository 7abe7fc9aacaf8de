package io.espalier.worker.kafka.claim;

import java.time.Duration;

/**
 * Time that a claimed command is this worker's.
 *
 * @param lock time after which the queue gives an unrenewed command to somebody else; brokers allow
 *     15 to 60 s unless configured otherwise
 * @param deliveries how often the queue delivers a command before it drops it without a word
 */
public record Lease(Duration lock, int deliveries) {
  /** The longest lock and most deliveries that brokers allow unless configured otherwise. */
  public static final Lease STANDARD = new Lease(Duration.ofSeconds(60), 10);

  /** A lease that leaves room for at least one delivery before the last. */
  public Lease {
    if (lock.isNegative() || lock.isZero() || deliveries < 2) {
      throw new IllegalArgumentException(
          "a lease needs a positive lock and at least 2 deliveries, but got %s and %d"
              .formatted(lock, deliveries));
    }
  }

  /**
   * The delivery from which on a command is not begun but reported as failed. One more is kept for
   * a worker that dies while it reports, where there are enough.
   */
  public int lastToReport() {
    return Math.max(2, deliveries - 1);
  }
}
