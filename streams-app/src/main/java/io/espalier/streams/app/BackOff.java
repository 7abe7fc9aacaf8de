package io.espalier.streams.app;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits that grow while failures follow each other closely. */
final class BackOff {
  private static final Duration FIRST = Duration.ofMillis(500);
  private static final Duration LONGEST = Duration.ofSeconds(30);
  private static final Duration CALM = Duration.ofMinutes(2);

  private final CountDownLatch ended = new CountDownLatch(1);
  private Duration wait = FIRST;
  private long lastFailure = System.nanoTime() - CALM.toNanos();

  /** Waits after a failure. */
  void await() {
    try {
      ended.await(next(System.nanoTime()).toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends every wait. */
  void end() {
    ended.countDown();
  }

  /**
   * Returns how long to wait after a failure.
   *
   * @param now as {@link System#nanoTime} tells it
   */
  synchronized Duration next(long now) {
    boolean calm = now - lastFailure >= CALM.toNanos();
    wait = calm ? FIRST : wait.multipliedBy(2);
    wait = wait.compareTo(LONGEST) < 0 ? wait : LONGEST;
    lastFailure = now;
    return wait;
  }

  /** Returns what the first cause of a failure says. */
  static String rootMessage(Throwable thrown) {
    Throwable root = thrown;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }
}
