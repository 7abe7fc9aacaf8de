package io.espalier.worker.kafka;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks a worker's fitness every minute, and more often whether it has come back while it is out
 * of service. A thread of its own: a store that does not answer holds up nothing else.
 */
final class FitnessLoop implements Runnable {
  /** Time between two checks while all of them pass. */
  static final Duration INTERVAL = Duration.ofMinutes(1);

  private static final Duration UNFIT_INTERVAL = Duration.ofSeconds(10);
  private static final Logger LOGGER = LoggerFactory.getLogger(FitnessLoop.class);

  private final Fitness fitness;
  private final Map<String, Supplier<Optional<String>>> checks;
  private final Runnable probe;
  private final Duration unfitInterval;
  private final CountDownLatch closed = new CountDownLatch(1);

  /**
   * A loop over checks.
   *
   * @param checks each says in words what is wrong, if anything is
   * @param probe sends a report that changes nothing; fails if that cannot be done
   */
  FitnessLoop(Fitness fitness, Map<String, Supplier<Optional<String>>> checks, Runnable probe) {
    this(fitness, checks, probe, UNFIT_INTERVAL);
  }

  /** The same, with another time between two checks while one fails. */
  FitnessLoop(
      Fitness fitness,
      Map<String, Supplier<Optional<String>>> checks,
      Runnable probe,
      Duration unfitInterval) {
    this.fitness = fitness;
    this.checks = Map.copyOf(checks);
    this.probe = probe;
    this.unfitInterval = unfitInterval;
  }

  /** Ends {@link #run} soon. */
  void close() {
    closed.countDown();
  }

  /** Sends a probe report and makes every check once. */
  void begin() {
    probe();
    check();
  }

  @Override
  public void run() {
    while (!isClosedWithin(fitness.outOfService().isPresent() ? unfitInterval : INTERVAL)) {
      if (fitness.isFailing(ReportDelivery.CHECK)) {
        probe();
      }
      check();
    }
  }

  private void check() {
    checks.forEach(
        (name, check) -> {
          Optional<String> problem = outcome(check);
          problem.ifPresentOrElse(
              reason -> fitness.fails(name, reason), () -> fitness.passes(name));
        });
  }

  private static Optional<String> outcome(Supplier<Optional<String>> check) {
    try {
      return check.get();
    } catch (RuntimeException e) { // a check that cannot be made has not passed
      return Optional.of("it could not be checked: " + e);
    }
  }

  private void probe() {
    try {
      probe.run();
      fitness.passes(ReportDelivery.CHECK);
    } catch (RuntimeException e) {
      LOGGER.atWarn().setCause(e).log("probe report not sent");
      fitness.fails(ReportDelivery.CHECK, "nothing can be reported: " + ReportDelivery.cause(e));
    }
  }

  private boolean isClosedWithin(Duration time) {
    try {
      return closed.await(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }
}
