package io.espalier.worker.kafka;

import io.espalier.event.WorkerHeartbeat;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.Topic;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Signs of life: who this worker is, what it has and what it is doing. */
final class Heartbeats {
  /** How often {@link #beat} is to be called. */
  static final Duration INTERVAL = Duration.ofSeconds(5);

  private final Topic<WorkerHeartbeat> topic;
  private final Outbox outbox;
  private final Clock clock;
  private final WorkerIdentity identity;
  private final Running running;
  private final AtomicLong count = new AtomicLong();

  Heartbeats(
      Topic<WorkerHeartbeat> topic,
      Outbox outbox,
      Clock clock,
      WorkerIdentity identity,
      Running running) {
    this.topic = topic;
    this.outbox = outbox;
    this.clock = clock;
    this.identity = identity;
    this.running = running;
  }

  /** Says that it is alive; may be lost. */
  void beat() {
    outbox.mention(record(identity.slots()));
  }

  /** Says that it is about to stop; arrives before the producer is closed, if a broker is there. */
  void last() {
    outbox.mention(record(0));
  }

  private ProducerRecord<byte[], byte[]> record(int slots) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    var heartbeat =
        new WorkerHeartbeat(
            identity.workerId(),
            identity.pool(),
            now,
            slots,
            identity.devices().stream().map(EventMapping::device).toList(),
            running.stages(),
            0,
            null);
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
    return Records.of(topic, identity.pool(), heartbeat, headers);
  }
}
