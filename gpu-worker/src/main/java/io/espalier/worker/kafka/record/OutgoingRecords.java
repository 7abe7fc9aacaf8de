package io.espalier.worker.kafka.record;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.schemas.Topic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;

/** Records as bytes, so that one producer serves every topic. */
public final class OutgoingRecords {
  private OutgoingRecords() {}

  public static <V> ProducerRecord<byte[], byte[]> of(
      Topic<V> topic, String key, V value, Headers headers) {
    byte[] bytes = topic.values().serializer().serialize(topic.name(), headers, value);
    return new ProducerRecord<>(topic.name(), null, key.getBytes(UTF_8), bytes, headers);
  }
}
