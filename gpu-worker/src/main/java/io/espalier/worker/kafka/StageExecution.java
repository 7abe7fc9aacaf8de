package io.espalier.worker.kafka;

import io.espalier.event.StageSucceeded;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.kafka.claim.ClaimedCommand;
import io.espalier.worker.kafka.claim.Lease;
import io.espalier.worker.kafka.claim.OtherHolders;
import io.espalier.worker.kafka.claim.Slots;
import io.espalier.worker.kafka.claim.SteadyClock;
import io.espalier.worker.kafka.record.EventMapping;
import io.espalier.worker.kafka.work.EndForecast;
import io.espalier.worker.kafka.work.PreparedStage;
import io.espalier.worker.kafka.work.ProgressPulse;
import io.espalier.worker.kafka.work.StageRunner;
import io.espalier.worker.kafka.work.StallLimits;
import io.espalier.worker.stage.Stop;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries a command out in its slot and within the queue's patience. How it ended is for the caller
 * to report.
 *
 * <p>In a free slot the work begins at once. Behind another one the command is prepared meanwhile,
 * and the work begins when the slot is handed on.
 *
 * <p>Time is no reason to give up here: only the coordinator's clock decides about deadlines.
 */
final class StageExecution {
  /** More deliveries than that are no accident: the command may kill its workers. */
  static final int SUSPECT_AFTER = 3;

  private static final Logger LOGGER = LoggerFactory.getLogger(StageExecution.class);

  /**
   * Bounds of the work.
   *
   * @param lease how often the queue delivers a command
   * @param stall how long a stage may show the same progress
   * @param turn how long a prepared command waits for its slot before others get it
   */
  record Bounds(Lease lease, StallLimits stall, Duration turn) {
    /** Bounds with the usual wait of two minutes. */
    static Bounds of(Lease lease, StallLimits stall) {
      return new Bounds(lease, stall, Duration.ofMinutes(2));
    }
  }

  /**
   * Clock and timers.
   *
   * @param clock the time
   * @param timers for stalls; nothing that blocks runs there
   */
  record Timing(Clock clock, ScheduledExecutorService timers) {}

  private final List<StageRunner> runners;
  private final ReportDelivery reports;
  private final OtherHolders holders;
  private final Timing timing;
  private final Bounds bounds;
  private final EndForecast forecast = new EndForecast();

  /**
   * An execution.
   *
   * @param runners the workbench of each slot
   */
  StageExecution(
      List<StageRunner> runners,
      ReportDelivery reports,
      OtherHolders holders,
      Timing timing,
      Bounds bounds) {
    this.runners = List.copyOf(runners);
    this.reports = reports;
    this.holders = holders;
    this.timing = timing;
    this.bounds = bounds;
  }

  /**
   * Does the work, unless it was done before.
   *
   * @throws WorkerException if there is no result, or the work was stopped
   * @throws GivenBackException if somebody else is to do it
   */
  StageSucceeded carryOut(ClaimedCommand attempt, Slots.Place place, Stop stop) {
    stop.check();
    StageRunner runner = runners.get(place.slot());
    Optional<StageSucceeded> finished = runner.finished(attempt.command(), stop);
    if (finished.isEmpty() && holders.awaitNobodyElse(attempt, stop)) {
      finished = runner.finished(attempt.command(), stop);
    }
    if (finished.isPresent()) {
      attempt.describe(LOGGER.atInfo()).log("finished before, reporting again");
      return finished.get();
    }
    requireDeliveriesLeft(attempt);
    if (place.begin(isSuspect(attempt), Duration.ZERO, stop)) {
      return begun(attempt, place, stop, pulse -> atOnce(runner, attempt, pulse, stop));
    }
    try (PreparedStage prepared = runner.prepare(attempt.command(), stop)) {
      attempt.describe(LOGGER.atInfo()).log("prepared, waiting for the slot");
      awaitTurn(attempt, place, stop);
      return begun(attempt, place, stop, pulse -> runner.perform(prepared, pulse, stop));
    }
  }

  private static StageSucceeded atOnce(
      StageRunner runner, ClaimedCommand attempt, ProgressPulse pulse, Stop stop) {
    pulse.report(Progress.of("fetching", 0, 0));
    try (PreparedStage prepared = runner.prepare(attempt.command(), stop)) {
      return runner.perform(prepared, pulse, stop);
    }
  }

  /**
   * A command that killed several workers begins only while nothing else is at work here, and
   * nothing else begins beside it: it shall take nobody along.
   */
  private static boolean isSuspect(ClaimedCommand attempt) {
    return attempt.delivery() > SUSPECT_AFTER;
  }

  private void awaitTurn(ClaimedCommand attempt, Slots.Place place, Stop stop) {
    boolean suspect = isSuspect(attempt);
    Duration patience = suspect ? Duration.ofDays(365) : bounds.turn(); // no delivery is wasted
    if (!place.begin(suspect, patience, stop)) {
      place.barFollowers();
      throw new GivenBackException(
          "the slot was not free within %s; somebody else may be".formatted(bounds.turn()));
    }
  }

  private StageSucceeded begun(
      ClaimedCommand attempt, Slots.Place place, Stop stop, StageWatch.Work work) {
    try {
      holders.held().begin(stop);
      attempt.describe(LOGGER.atInfo()).log("stage started");
      String device = runners.get(place.slot()).target();
      reports.tell(stop, () -> reports.events().started(attempt, device));
      StageSucceeded success = watch(attempt, place, stop).run(work);
      stop.check();
      attempt.describe(LOGGER.atInfo()).log("stage succeeded");
      return success;
    } finally {
      place.end();
    }
  }

  private StageWatch watch(ClaimedCommand attempt, Slots.Place place, Stop stop) {
    return new StageWatch(
        new StageWatch.Subject(attempt, place, stop),
        new ProgressPulse(new SteadyClock(timing.clock())),
        reports.events(),
        new StageWatch.Rules(
            timing.timers(), bounds.stall().of(EventMapping.kind(attempt.command())), forecast));
  }

  /**
   * The queue drops a record without a word after its last delivery. So the last one but one is for
   * reporting: the coordinator decides whether to try again, with a new record. The very last one
   * remains for a worker that dies while it reports.
   */
  private void requireDeliveriesLeft(ClaimedCommand attempt) {
    if (attempt.delivery() >= bounds.lease().lastToReport()) {
      throw new ResourceException(
          "delivered %d times and never finished: the workers that had it died, lost it or were shut down. Look at their logs for this run, and at their memory."
              .formatted(attempt.delivery()),
          null);
    }
  }
}
