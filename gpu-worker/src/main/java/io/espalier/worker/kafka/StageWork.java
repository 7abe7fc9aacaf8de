package io.espalier.worker.kafka;

import io.espalier.event.FailureKind;
import io.espalier.event.StageCommand;
import io.espalier.event.StageSucceeded;
import io.espalier.worker.checkpoint.store.StoreUnavailableException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.kafka.claim.Backoff;
import io.espalier.worker.kafka.claim.ClaimLoop;
import io.espalier.worker.kafka.claim.ClaimedCommand;
import io.espalier.worker.kafka.claim.CommandReader;
import io.espalier.worker.kafka.claim.Lease;
import io.espalier.worker.kafka.claim.OtherHolders;
import io.espalier.worker.kafka.claim.PoisonException;
import io.espalier.worker.kafka.claim.Slots;
import io.espalier.worker.kafka.record.EventMapping;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.StoppedException;
import io.espalier.worker.stage.job.MissedStores;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
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
  private static final Backoff REREAD = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(15));

  private final CommandReader reader;
  private final StageExecution execution;
  private final OtherHolders holders;
  private final ReportDelivery reports;
  private final Lease lease;

  StageWork(
      CommandReader reader,
      StageExecution execution,
      OtherHolders holders,
      ReportDelivery reports,
      Lease lease) {
    this.reader = reader;
    this.execution = execution;
    this.holders = holders;
    this.reports = reports;
    this.lease = lease;
  }

  @Override
  public AcknowledgeType run(ConsumerRecord<byte[], byte[]> record, Slots.Place place, Stop stop) {
    try {
      answer(ClaimedCommand.of(read(record, stop), record), place, stop);
      return AcknowledgeType.ACCEPT;
    } catch (PoisonException e) {
      return refuse(record, e, stop);
    } catch (GivenBackException e) {
      LOGGER
          .atWarn()
          .addKeyValue("partition", record.partition())
          .addKeyValue("offset", record.offset())
          .addKeyValue("cause", e.getMessage())
          .log("command given back");
      return AcknowledgeType.RELEASE;
    }
  }

  @Override
  public boolean isAwaited(Stop stop) {
    return holders.isAwaited(stop);
  }

  /** Waits for the registry for as long as the lease is kept: the record is not to blame. */
  private StageCommand read(ConsumerRecord<byte[], byte[]> record, Stop stop) {
    for (int failed = 0; ; failed++) {
      Optional<StageCommand> command = reader.read(record);
      if (command.isPresent()) {
        return command.get();
      }
      LOGGER.atWarn().log("schema registry out of reach, command cannot be read yet");
      if (stop.await(REREAD.after(failed))) {
        keepIfLast(record);
        throw new GivenBackException("the command could not be read before the worker stopped");
      }
    }
  }

  /** Nobody gets the record after its last delivery: it must not vanish without a word. */
  private void keepIfLast(ConsumerRecord<byte[], byte[]> record) {
    int delivery = record.deliveryCount().map(Short::intValue).orElse(1);
    if (delivery >= lease.deliveries()) {
      var cause =
          new PoisonException(
              "delivered %d times, the last time permitted, and no worker could read it: the schema registry was out of reach. Send it again."
                  .formatted(delivery),
              null);
      reports.tell(new Stop(), () -> reports.deadLetters().deliver(record, cause));
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
    try {
      reports.tell(stop, () -> reports.deadLetters().deliver(record, cause));
      if (cause.command().isPresent()) { // a run awaits an answer
        ClaimedCommand attempt = ClaimedCommand.of(cause.command().get(), record);
        var failure = new InvalidInputException(List.of(String.valueOf(cause.getMessage())));
        reports.tell(stop, () -> reports.events().failed(attempt, failure));
      }
      return AcknowledgeType.REJECT;
    } catch (GivenBackException e) {
      return AcknowledgeType.RELEASE;
    }
  }

  private void answer(ClaimedCommand attempt, Slots.Place place, Stop stop) {
    try (var registration = holders.held().register(attempt, stop)) {
      StageSucceeded success;
      try {
        success = execution.carryOut(attempt, place, stop);
      } catch (GivenBackException e) {
        throw e;
      } catch (RuntimeException e) {
        attempt.describe(LOGGER.atWarn().setCause(e)).log("stage failed");
        if (e instanceof StoreUnavailableException) { // or it would fail whatever comes next
          reports.takeOutOfService(MissedStores.CHECK, String.valueOf(e.getMessage()));
        }
        fail(attempt, failure(e, stop), stop);
        return;
      }
      succeed(attempt, success, stop);
    }
  }

  private void fail(ClaimedCommand attempt, WorkerException failure, Stop stop) {
    boolean ownEnd =
        stop.requested()
            .filter(
                asked ->
                    asked.reason() == Stop.Reason.LEASE_LOST
                        || asked.reason() == Stop.Reason.CLOSING)
            .isPresent();
    if (ownEnd && attempt.delivery() < lease.lastToReport()) {
      throw new GivenBackException(String.valueOf(failure.getMessage()));
    }
    if (saysMuchOfThisWorker(attempt, failure)) {
      reports.stageFailed(Quoted.place(String.valueOf(failure.getMessage())));
    }
    reports.tell(stop, () -> reports.events().failed(attempt, failure));
  }

  /**
   * Returns whether the next stage may fail here of the same. A missed store takes the worker out
   * of service until it is there, and what comes with its last deliveries was begun by others.
   */
  private boolean saysMuchOfThisWorker(ClaimedCommand attempt, WorkerException failure) {
    return EventMapping.failureKind(failure) == FailureKind.RESOURCE
        && !(failure instanceof StoreUnavailableException)
        && attempt.delivery() < lease.lastToReport();
  }

  private void succeed(ClaimedCommand attempt, StageSucceeded success, Stop stop) {
    reports.stageSucceeded();
    try {
      reports.tell(stop, () -> reports.events().succeeded(attempt, success));
    } catch (RecordTooLargeException | SerializationException e) {
      var failure =
          new WorkerException(
              "the output is published at %s, but its report cannot be sent: %s"
                  .formatted(success.getOutput().getUri(), e.getMessage()),
              false,
              e);
      reports.tell(stop, () -> reports.events().failed(attempt, failure));
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
}
