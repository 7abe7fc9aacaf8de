package io.espalier.worker.kafka.record;

import io.espalier.schemas.DeadLetter;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Topic of records that nobody can carry out, with their cause and origin. */
public final class DeadLetters {
  private final String topic;
  private final Outbox outbox;

  public DeadLetters(String topic, Outbox outbox) {
    this.topic = topic;
    this.outbox = outbox;
  }

  /** Delivers a record with its cause and origin. */
  public void deliver(ConsumerRecord<byte[], byte[]> record, Exception cause) {
    outbox.deliver(DeadLetter.of(topic, record, cause));
  }
}
