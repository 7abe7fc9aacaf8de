package io.espalier.standalone.local;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits until a process that has been started answers, and no longer than it lives. */
final class Readiness {
  private static final Duration PAUSE = Duration.ofMillis(100);

  private Readiness() {}

  /**
   * Waits until the process answers.
   *
   * @throws ServiceException if it ends before, or does not answer within the limit
   */
  static void await(JavaProcess process, String what, Duration limit, BooleanSupplier answers) {
    long end = System.nanoTime() + limit.toNanos();
    while (!answers.getAsBoolean()) {
      process.requireAlive();
      if (System.nanoTime() > end) {
        throw new ServiceException(
            "%s did not answer within %d s; is the machine overloaded?"
                .formatted(what, limit.toSeconds()));
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new ServiceException("interrupted while waiting for " + what);
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }
}
