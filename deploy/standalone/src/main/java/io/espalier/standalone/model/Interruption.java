package io.espalier.standalone.model;

import io.espalier.standalone.report.Printable;
import io.espalier.worker.stage.Stop;
import java.io.PrintStream;
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

  private final String kept;
  private final PrintStream out;

  private Interruption(String kept, PrintStream out) {
    this.kept = kept;
    this.out = out;
  }

  /**
   * Watches from now on.
   *
   * @param kept what is left of work that is interrupted, in words, and what to do then
   */
  static Interruption watch(String kept) {
    return watch(kept, System.err);
  }

  static Interruption watch(String kept, PrintStream out) {
    var interruption = new Interruption(kept, out);
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /** Returns what the work has to listen to. */
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

  /** Asks the work to stop, waits until it has cleared up, and says what is left of it. */
  void interrupt() {
    if (!stop.request(Stop.Reason.CLOSING, "interrupted")) {
      return;
    }
    try {
      cleared.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // by now the JVM may end at any time, so that nobody else can be relied on to say it
    out.println(Printable.of("interrupted: " + kept));
    out.flush();
  }
}
