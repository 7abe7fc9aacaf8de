package io.espalier.standalone.local;

import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says from time to time what a service waits for that has been started and does not work yet.
 * Reading back the state of millions of runs takes minutes, and nothing is wrong.
 */
final class StartLog implements AutoCloseable {
  static final Duration EVERY = Duration.ofSeconds(30);

  private static final Logger LOGGER = LoggerFactory.getLogger(StartLog.class);

  private final ScheduledThreadPoolExecutor clock =
      new ScheduledThreadPoolExecutor(
          1,
          task -> {
            var thread = new Thread(task, "start-log");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * Starts to tell.
   *
   * @param service what is being started
   * @param waitsFor what it waits for, in words; asked each time
   */
  StartLog(String service, Supplier<String> waitsFor, Duration every) {
    long begin = System.nanoTime();
    var unused =
        clock.scheduleWithFixedDelay(
            () -> tell(service, waitsFor, Duration.ofNanos(System.nanoTime() - begin)),
            every.toMillis(),
            every.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private static void tell(String service, Supplier<String> waitsFor, Duration waited) {
    LOGGER
        .atInfo()
        .addKeyValue("seconds", waited.toSeconds())
        .log("the {} does not work yet: {}", service, waitsFor.get());
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
