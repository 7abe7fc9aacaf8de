package io.espalier.worker.kafka;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends heartbeats every five seconds, and soon after what they tell of has changed. A thread of
 * its own: a broker that does not answer holds up nothing but the next heartbeat.
 */
final class HeartbeatLoop implements Runnable {
  /** Time between two heartbeats while nothing changes. */
  static final Duration INTERVAL = Duration.ofSeconds(5);

  /** Time between two heartbeats at least: changes within it are told together. */
  static final Duration SHORTEST = Duration.ofMillis(200);

  private static final Logger LOGGER = LoggerFactory.getLogger(HeartbeatLoop.class);

  private final Runnable beat;
  private final Semaphore changes = new Semaphore(0);
  private volatile boolean closed;

  /** A loop that does this again and again. */
  HeartbeatLoop(Runnable beat) {
    this.beat = beat;
  }

  /** Has a heartbeat sent soon; returns at once. */
  void changed() {
    changes.release();
  }

  /** Ends {@link #run} soon. */
  void close() {
    closed = true;
    changes.release();
  }

  @Override
  public void run() {
    try {
      while (!closed) {
        beat();
        TimeUnit.MILLISECONDS.sleep(SHORTEST.toMillis());
        long left = INTERVAL.minus(SHORTEST).toMillis();
        if (changes.tryAcquire(left, TimeUnit.MILLISECONDS)) {
          changes.drainPermits();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void beat() {
    try {
      beat.run();
    } catch (RuntimeException e) { // the next one may be sent
      LOGGER.atWarn().setCause(e).log("heartbeat not sent");
    }
  }
}
