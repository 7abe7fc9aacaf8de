package io.espalier.worker.kafka;

import io.espalier.event.FailureKind;
import io.espalier.event.StageCommand;
import io.espalier.event.StageEvent;
import io.espalier.event.StageFailed;
import io.espalier.event.StageProgressed;
import io.espalier.event.StageStarted;
import io.espalier.event.StageSucceeded;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.DeadLetter;
import io.espalier.schemas.Topic;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.kafka.claim.ClaimedCommand;
import io.espalier.worker.kafka.record.EventMapping;
import io.espalier.worker.kafka.record.Outbox;
import io.espalier.worker.kafka.record.OutgoingRecords;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;

/**
 * Reports of this worker on attempts.
 *
 * <p>The same report sent twice has the same event id, so that a redelivered command whose result
 * was sent before adds nothing.
 */
final class StageEvents {
  private final Topic<StageEvent> topic;
  private final Outbox outbox;
  private final Clock clock;
  private final String workerId;
  private final Set<String> begun = ConcurrentHashMap.newKeySet();

  StageEvents(Topic<StageEvent> topic, Outbox outbox, Clock clock, String workerId) {
    this.topic = topic;
    this.outbox = outbox;
    this.clock = clock;
    this.workerId = workerId;
  }

  /** The worker has begun; arrived when this returns. */
  void started(ClaimedCommand attempt, String device) {
    outbox.deliver(
        record(
            attempt,
            "started/" + attempt.delivery(),
            new StageStarted(attempt.delivery(), device)));
    begun.add(delivery(attempt));
  }

  /** The worker is alive and this far; may be lost. {@code number} counts within a delivery. */
  void progressed(ClaimedCommand attempt, long number, StageProgressed progress) {
    outbox.mention(record(attempt, "progressed/" + attempt.delivery() + "/" + number, progress));
  }

  /** The output is published; arrived when this returns. */
  void succeeded(ClaimedCommand attempt, StageSucceeded success) {
    outbox.deliver(record(attempt, "succeeded", success));
    begun.remove(delivery(attempt));
  }

  /**
   * There is no output; arrived when this returns. A failure counts only from the worker that is at
   * the attempt, so one that has not begun says first that it has it; but not of an attempt that
   * the coordinator has closed.
   */
  void failed(ClaimedCommand attempt, WorkerException failure) {
    boolean closed = EventMapping.failureKind(failure) == FailureKind.CANCELLED;
    if (!closed && !begun.contains(delivery(attempt))) {
      started(attempt, "none, since it was not begun");
    }
    var detail =
        new StageFailed(
            EventMapping.failureKind(failure),
            DeadLetter.shortened(String.valueOf(failure.getMessage())),
            failure.retryable());
    outbox.deliver(record(attempt, "failed", detail));
    begun.remove(delivery(attempt));
  }

  private static String delivery(ClaimedCommand attempt) {
    return attempt.id() + "/" + attempt.delivery();
  }

  /**
   * Finds out whether reports arrive: sends one of a run that nobody has, which changes nothing.
   * Arrived when this returns. The right to write cannot be asked for in any other way.
   */
  void probe(String pool) {
    String run = "probe-of-" + workerId;
    var command = new StageCommand();
    command.setRunId(run);
    command.setAttempt(1);
    command.setPool(pool);
    command.setToken("");
    var nothing = new StageProgressed("probe", 0L, 0L, null, Map.of());
    var attempt = new ClaimedCommand(command, 1, Optional.empty());
    outbox.deliver(record(attempt, "probe/" + clock.millis(), nothing));
  }

  private ProducerRecord<byte[], byte[]> record(
      ClaimedCommand attempt, String what, Object detail) {
    var command = attempt.command();
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    var event =
        new StageEvent(
            command.getRunId(),
            command.getStageIndex(),
            command.getAttempt(),
            workerId,
            now,
            detail,
            command.getToken());
    Headers headers =
        new CloudEvent(
                attempt.id() + "/" + what,
                "/espalier/pools/" + command.getPool(),
                CloudEvent.STAGE_REPORTED,
                command.getRunId(),
                now)
            .headers();
    attempt.traceparent().ifPresent(headers::add);
    return OutgoingRecords.of(topic, command.getRunId(), event, headers);
  }
}
