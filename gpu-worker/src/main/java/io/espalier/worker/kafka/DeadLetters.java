package io.espalier.worker.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Where records go that nobody can carry out: as they were, with their own headers and the cause.
 *
 * <p>The cause headers are named as Kafka Streams names them, since the coordinator's dead letters
 * lie in the same topic.
 */
final class DeadLetters {
  private static final String PREFIX = "__streams.errors.";

  private final String topic;
  private final Outbox outbox;

  DeadLetters(String topic, Outbox outbox) {
    this.topic = topic;
    this.outbox = outbox;
  }

  /** Delivers a record with its cause and origin. */
  void deliver(ConsumerRecord<byte[], byte[]> record, Exception cause) {
    var headers = new RecordHeaders(record.headers());
    var trace = new StringWriter();
    cause.printStackTrace(new PrintWriter(trace));
    put(headers, "exception", cause.getClass().getName());
    put(headers, "message", String.valueOf(cause.getMessage()));
    put(headers, "stacktrace", trace.toString());
    put(headers, "topic", record.topic());
    put(headers, "partition", Integer.toString(record.partition()));
    put(headers, "offset", Long.toString(record.offset()));
    outbox.deliver(new ProducerRecord<>(topic, null, record.key(), record.value(), headers));
  }

  private static void put(RecordHeaders headers, String name, String value) {
    headers.remove(PREFIX + name).add(PREFIX + name, value.getBytes(UTF_8));
  }
}
