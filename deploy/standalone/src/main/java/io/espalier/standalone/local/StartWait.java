package io.espalier.standalone.local;

import io.espalier.schemas.TransientFailures;
import io.espalier.standalone.client.topic.UnreachableException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The wait of a service for the brokers, the registry and the topics that it needs before it can
 * start: they may be started at the same time, or come back. It says in the log what it waits for.
 *
 * @param limit how long it waits; a supervisor that starts the service again has the next word
 * @param firstPause pause after the first try; each later one is twice as long
 * @param longestPause longest pause
 */
record StartWait(Duration limit, Duration firstPause, Duration longestPause) {
  static final StartWait OF_SERVICES =
      new StartWait(Duration.ofMinutes(2), Duration.ofMillis(500), Duration.ofSeconds(10));

  private static final Logger LOGGER = LoggerFactory.getLogger(StartWait.class);

  /**
   * Tries until it works.
   *
   * @throws UnreachableException the last one, if the time is over
   */
  void until(Runnable reached) {
    long end = System.nanoTime() + limit.toNanos();
    Duration pause = firstPause;
    String told = "";
    while (true) {
      try {
        reached.run();
        return;
      } catch (RuntimeException failed) {
        boolean mayPass =
            failed instanceof UnreachableException || TransientFailures.include(failed);
        if (!mayPass || System.nanoTime() > end || Thread.currentThread().isInterrupted()) {
          throw failed;
        }
        told = tell(String.valueOf(failed.getMessage()), told);
        LockSupport.parkNanos(pause.toNanos());
        pause =
            pause.multipliedBy(2).compareTo(longestPause) < 0
                ? pause.multipliedBy(2)
                : longestPause;
      }
    }
  }

  private static String tell(String problem, String told) {
    if (!problem.equals(told)) {
      LOGGER.atWarn().log("waiting: {}", problem);
    }
    return problem;
  }
}
