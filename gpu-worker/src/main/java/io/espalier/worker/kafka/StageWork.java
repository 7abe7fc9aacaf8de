package io.espalier.worker.kafka;

import io.espalier.event.StageCommand;
import io.espalier.event.StageSucceeded;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.stage.ResourceException;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.StoppedException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Answers a claimed record: carries the command out and reports, and says what the queue may do
 * with the record afterwards.
 *
 * <p>A record is accepted only after the report of its end has arrived. Whoever loses the lease or
 * shuts down reports nothing: somebody else will.
 */
final class StageWork implements ClaimLoop.Work {
  private static final Logger LOGGER = LoggerFactory.getLogger(StageWork.class);
  private static final Duration RETRY = Duration.ofSeconds(1);

  /**
   * What it tells the world.
   *
   * @param events reports of attempts
   * @param deadLetters where records go that are no commands
   */
  record Reports(StageEvents events, DeadLetters deadLetters) {}

  /**
   * What tells it the time.
   *
   * @param clock the time
   * @param timers for deadlines and progress
   */
  record Timing(Clock clock, ScheduledExecutorService timers) {}

  private final CommandReader reader;
  private final Workbench bench;
  private final Running running;
  private final Reports reports;
  private final Timing timing;
  private final Lease lease;
  private final String device;

  StageWork(
      CommandReader reader,
      Workbench bench,
      Running running,
      Reports reports,
      Timing timing,
      Lease lease,
      String device) {
    this.reader = reader;
    this.bench = bench;
    this.running = running;
    this.reports = reports;
    this.timing = timing;
    this.lease = lease;
    this.device = device;
  }

  @Override
  public AcknowledgeType run(ConsumerRecord<byte[], byte[]> record, Stop stop) {
    try {
      return answer(Attempt.of(read(record, stop), record), stop);
    } catch (PoisonException e) {
      return refuse(record, e, stop);
    } catch (StoppedException e) {
      return AcknowledgeType.RELEASE;
    }
  }

  private StageCommand read(ConsumerRecord<byte[], byte[]> record, Stop stop) {
    while (true) {
      Optional<StageCommand> command = reader.read(record);
      if (command.isPresent()) {
        return command.get();
      }
      LOGGER.atWarn().log("schema registry out of reach, command cannot be read yet");
      stop.await(RETRY);
      stop.check();
    }
  }

  private AcknowledgeType refuse(
      ConsumerRecord<byte[], byte[]> record, PoisonException cause, Stop stop) {
    LOGGER
        .atWarn()
        .addKeyValue("partition", record.partition())
        .addKeyValue("offset", record.offset())
        .addKeyValue("cause", cause.getMessage())
        .log("record sent to the dead letters");
    boolean told = tell(stop, () -> reports.deadLetters().deliver(record, cause));
    if (told && cause.command().isPresent()) { // a run awaits an answer
      Attempt attempt = Attempt.of(cause.command().get(), record);
      var failure = new InvalidInputException(List.of(String.valueOf(cause.getMessage())));
      told = tell(stop, () -> reports.events().failed(attempt, failure));
    }
    return told ? AcknowledgeType.REJECT : AcknowledgeType.RELEASE;
  }

  private AcknowledgeType answer(Attempt attempt, Stop stop) {
    try (var registration = running.register(attempt, stop)) {
      Runnable report;
      try {
        StageSucceeded success = carryOut(attempt, stop);
        report = () -> reports.events().succeeded(attempt, success);
      } catch (RuntimeException e) {
        WorkerException failure = failure(e, stop);
        log(LOGGER.atWarn().setCause(e), attempt).log("stage failed");
        report = () -> reports.events().failed(attempt, failure);
      }
      return tell(stop, report) ? AcknowledgeType.ACCEPT : AcknowledgeType.RELEASE;
    }
  }

  private StageSucceeded carryOut(Attempt attempt, Stop stop) {
    Optional<StageSucceeded> finished = bench.finished(attempt.command());
    if (finished.isPresent()) {
      log(LOGGER.atInfo(), attempt).log("finished before, reporting again");
      return finished.get();
    }
    stop.check();
    requireTime(attempt, stop);
    requireDeliveriesLeft(attempt);
    log(LOGGER.atInfo(), attempt).log("stage started");
    reports.events().started(attempt, device);
    StageSucceeded success = perform(attempt, stop);
    stop.check();
    log(LOGGER.atInfo(), attempt).log("stage succeeded");
    return success;
  }

  private StageSucceeded perform(Attempt attempt, Stop stop) {
    var number = new long[1];
    var pulse =
        new ProgressPulse(
            timing.clock(), point -> reports.events().progressed(attempt, number[0]++, point));
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
    try {
      return bench.perform(attempt.command(), pulse, stop);
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

  private static WorkerException failure(RuntimeException cause, Stop stop) {
    Optional<Stop.Request> stopped = stop.requested();
    if (stopped.isPresent()) {
      return new StoppedException(stopped.get());
    }
    if (cause instanceof WorkerException known) {
      return known;
    }
    return cause instanceof UncheckedIOException
        ? new ResourceException(
            "reading or writing failed: %s, %s".formatted(cause.getMessage(), cause.getCause()),
            cause)
        : new WorkerException("the worker failed unexpectedly: " + cause, true, cause);
  }

  /** Sends a report until it has arrived; false if that is no longer this worker's business. */
  private static boolean tell(Stop stop, Runnable report) {
    while (!isGivenUp(stop)) {
      try {
        report.run();
        return true;
      } catch (KafkaException e) {
        if (!Passing.is(e)) {
          throw e;
        }
        LOGGER.atWarn().setCause(e).log("report not sent, trying again");
        stop.await(RETRY);
      }
    }
    return false;
  }

  private static boolean isGivenUp(Stop stop) {
    return stop.requested()
        .filter(
            request ->
                request.reason() == Stop.Reason.LEASE_LOST
                    || request.reason() == Stop.Reason.CLOSING)
        .isPresent();
  }

  private static LoggingEventBuilder log(LoggingEventBuilder event, Attempt attempt) {
    StageCommand command = attempt.command();
    return event
        .addKeyValue("runId", command.getRunId())
        .addKeyValue("model", command.getModelName())
        .addKeyValue("stage", command.getStageIndex())
        .addKeyValue("attempt", command.getAttempt())
        .addKeyValue("delivery", attempt.delivery());
  }
}
