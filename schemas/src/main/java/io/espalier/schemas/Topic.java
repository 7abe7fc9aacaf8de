package io.espalier.schemas;

import java.util.Map;
import org.apache.avro.Schema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Serde;

/**
 * A topic and everything that must be known to use it: name, serdes, partitions, cleanup policy.
 *
 * @param <V> type of its values; keys are always strings
 * @param name full name, prefix included
 * @param keys serde of the keys
 * @param values serde of the values
 * @param schema schema of the values, as registered under the subject {@link #subject()}
 * @param partitions number of partitions when the topic is created
 * @param cleanup what the broker does with old records
 */
public record Topic<V>(
    String name,
    Serde<String> keys,
    Serde<V> values,
    Schema schema,
    int partitions,
    Cleanup cleanup) {

  /** What the broker does with old records. */
  public enum Cleanup {
    /** Deletes them after a time. */
    DELETE,
    /** Keeps the newest of each key. */
    COMPACT
  }

  /** The registry's subject for the values of this topic (Confluent's TopicNameStrategy). */
  public String subject() {
    return name + "-value";
  }

  /** The topic settings to create it with. */
  public Map<String, String> settings() {
    return Map.of("cleanup.policy", cleanup == Cleanup.COMPACT ? "compact" : "delete");
  }

  /** A record for this topic with the given CloudEvents headers. */
  public ProducerRecord<String, V> record(String key, V value, Headers headers) {
    return new ProducerRecord<>(name, null, key, value, headers);
  }
}
