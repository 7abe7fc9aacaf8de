package io.espalier.worker.kafka;

import io.espalier.event.StageCommand;
import io.espalier.event.StageSucceeded;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.StoppedException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers a claimed record: has the command carried out, reports how that ended, and says what the
 * queue may do with the record afterwards.
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

  private final CommandReader reader;
  private final Execution execution;
  private final Running running;
  private final Reports reports;

  StageWork(CommandReader reader, Execution execution, Running running, Reports reports) {
    this.reader = reader;
    this.execution = execution;
    this.running = running;
    this.reports = reports;
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
        StageSucceeded success = execution.carryOut(attempt, stop);
        report = () -> reports.events().succeeded(attempt, success);
      } catch (RuntimeException e) {
        WorkerException failure = failure(e, stop);
        attempt.describe(LOGGER.atWarn().setCause(e)).log("stage failed");
        report = () -> reports.events().failed(attempt, failure);
      }
      return tell(stop, report) ? AcknowledgeType.ACCEPT : AcknowledgeType.RELEASE;
    }
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
}
