package io.espalier.worker.kafka;

import io.espalier.event.StageSucceeded;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.stage.Stop;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries a command out within the run's time and the queue's patience, and reports its beginning
 * and its progress meanwhile. How it ended is for the caller to report.
 */
final class Execution {
  private static final Logger LOGGER = LoggerFactory.getLogger(Execution.class);

  /**
   * What tells the time.
   *
   * @param clock the time
   * @param timers for deadlines and progress
   */
  record Timing(Clock clock, ScheduledExecutorService timers) {}

  private final Workbench bench;
  private final StageEvents events;
  private final Timing timing;
  private final Lease lease;

  Execution(Workbench bench, StageEvents events, Timing timing, Lease lease) {
    this.bench = bench;
    this.events = events;
    this.timing = timing;
    this.lease = lease;
  }

  /**
   * Does the work, unless it was done before.
   *
   * @throws WorkerException if there is no result, or the work was stopped
   */
  StageSucceeded carryOut(Attempt attempt, Stop stop) {
    Optional<StageSucceeded> finished = bench.finished(attempt.command(), stop);
    if (finished.isPresent()) {
      attempt.describe(LOGGER.atInfo()).log("finished before, reporting again");
      return finished.get();
    }
    stop.check();
    requireTime(attempt, stop);
    requireDeliveriesLeft(attempt);
    attempt.describe(LOGGER.atInfo()).log("stage started");
    events.started(attempt, bench.target());
    StageSucceeded success = perform(attempt, stop);
    stop.check();
    attempt.describe(LOGGER.atInfo()).log("stage succeeded");
    return success;
  }

  private StageSucceeded perform(Attempt attempt, Stop stop) {
    var number = new long[1];
    var pulse =
        new ProgressPulse(timing.clock(), point -> events.progressed(attempt, number[0]++, point));
    Duration left = Duration.between(timing.clock().instant(), attempt.command().getDeadline());
    var deadline =
        timing
            .timers()
            .schedule(
                () -> stop.request(Stop.Reason.DEADLINE, late(attempt)),
                left.toMillis(),
                TimeUnit.MILLISECONDS);
    long interval = ProgressPulse.TICK.toMillis();
    var ticks =
        timing
            .timers()
            .scheduleAtFixedRate(() -> tick(pulse), interval, interval, TimeUnit.MILLISECONDS);
    pulse.report(Progress.of("fetching", 0, 0));
    try (PreparedStage prepared = bench.prepare(attempt.command(), stop)) {
      return bench.perform(prepared, pulse, stop);
    } finally {
      ticks.cancel(false);
      deadline.cancel(false);
    }
  }

  private static void tick(ProgressPulse pulse) {
    try {
      pulse.tick();
    } catch (RuntimeException e) { // or the timer would never tick again
      LOGGER.atWarn().setCause(e).log("progress not reported");
    }
  }

  private void requireTime(Attempt attempt, Stop stop) {
    Instant deadline = attempt.command().getDeadline();
    if (!timing.clock().instant().isBefore(deadline)) {
      stop.request(Stop.Reason.DEADLINE, late(attempt));
      stop.check();
    }
  }

  /**
   * The queue drops a record without a word after its last delivery. So the last one is for
   * reporting: the coordinator decides whether to try again, with a new record.
   */
  private void requireDeliveriesLeft(Attempt attempt) {
    if (attempt.delivery() >= lease.deliveries()) {
      throw new ResourceException(
          "delivered %d times and never finished: the workers that had it died, lost it or were shut down. Look at their logs for this run, and at their memory."
              .formatted(attempt.delivery()),
          null);
    }
  }

  private static String late(Attempt attempt) {
    return "the run's deadline %s has passed; give the policy a later one or fewer stages"
        .formatted(attempt.command().getDeadline());
  }
}
