package io.espalier.standalone.model;

import io.espalier.worker.stage.Stop;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets work that is interrupted (Ctrl-C, a termination signal) end its child process and clear up
 * before this JVM goes. Open it around everything that leaves files behind.
 */
final class Interruption implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Stop stop = new Stop();
  private final CountDownLatch cleared = new CountDownLatch(1);
  private final Thread hook = new Thread(this::interrupt, "interruption");

  private Interruption() {}

  static Interruption watch() {
    var interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /** What the work has to listen to. */
  Stop stop() {
    return stop;
  }

  /** Says that nothing is left to clear up. */
  @Override
  public void close() {
    cleared.countDown();
    if (stop.requested().isEmpty()) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException begun) {
        // the JVM goes down already, and the hook finds everything cleared
        stop.request(Stop.Reason.CLOSING, "interrupted");
      }
    }
  }

  private void interrupt() {
    stop.request(Stop.Reason.CLOSING, "interrupted; nothing was written");
    try {
      cleared.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
