package io.espalier.worker.kafka;

import io.espalier.event.WorkerHeartbeat;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.DeadLetter;
import io.espalier.schemas.Topic;
import io.espalier.worker.kafka.claim.HeldCommands;
import io.espalier.worker.kafka.claim.Slots;
import io.espalier.worker.kafka.record.EventMapping;
import io.espalier.worker.kafka.record.Outbox;
import io.espalier.worker.kafka.record.OutgoingRecords;
import io.espalier.worker.kafka.record.WorkerIdentity;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/** Signs of life: who this worker is, what it has, what it is doing and what more it would take. */
final class Heartbeats {
  /**
   * Source of facts.
   *
   * @param held the commands that the worker holds
   * @param slots where they are worked on
   * @param fitness whether it takes more
   */
  record Condition(HeldCommands held, Slots slots, Fitness fitness) {}

  private final Topic<WorkerHeartbeat> topic;
  private final Outbox outbox;
  private final Clock clock;
  private final WorkerIdentity identity;
  private final Condition condition;
  private final AtomicLong count = new AtomicLong();

  Heartbeats(
      Topic<WorkerHeartbeat> topic,
      Outbox outbox,
      Clock clock,
      WorkerIdentity identity,
      Condition condition) {
    this.topic = topic;
    this.outbox = outbox;
    this.clock = clock;
    this.identity = identity;
    this.condition = condition;
  }

  /** Says that it is alive; may be lost. */
  void beat() {
    Optional<String> outOfService = condition.fitness().outOfService();
    outbox.mention(
        record(
            outOfService.isPresent() ? 0 : identity.slots(),
            condition.slots().spare(),
            outOfService.map(DeadLetter::shortened).orElse(null)));
  }

  /** Says that it is about to stop; arrives before the producer is closed, if a broker is there. */
  void last() {
    outbox.mention(record(0, 0, null));
  }

  private ProducerRecord<byte[], byte[]> record(
      int slots, int spare, @Nullable String outOfService) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    var heartbeat =
        new WorkerHeartbeat(
            identity.workerId(),
            identity.pool(),
            now,
            slots,
            identity.devices().stream().map(EventMapping::device).toList(),
            condition.held().stages(),
            spare,
            outOfService);
    var headers =
        new CloudEvent(
                String.format(
                    Locale.ROOT,
                    "%s/%d/%d",
                    identity.workerId(),
                    now.toEpochMilli(),
                    count.getAndIncrement()),
                "/espalier/workers/" + identity.workerId(),
                CloudEvent.WORKER_ALIVE,
                identity.workerId(),
                now)
            .headers();
    return OutgoingRecords.of(topic, identity.pool(), heartbeat, headers);
  }
}
