package io.espalier.schemas;

import org.apache.avro.Schema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/**
 * A topic and everything that must be known to use it: name, serdes, partitions, settings.
 *
 * @param <V> type of its values; keys are always strings
 * @param name full name, prefix included
 * @param values serde of the values; see {@link EventDeserializer} for how reading fails
 * @param schema schema of the values, as registered under the subject {@link #subject()}
 * @param partitions number of partitions when the topic is created
 * @param settings the broker's settings of the topic
 */
public record Topic<V>(
    String name, Serde<V> values, Schema schema, int partitions, TopicSettings settings) {

  /** Serde of the keys. */
  public Serde<String> keys() {
    return Serdes.String();
  }

  /** The registry's subject for the values of this topic (Confluent's TopicNameStrategy). */
  public String subject() {
    return name + "-value";
  }

  /** A record for this topic with the given CloudEvents headers. */
  public ProducerRecord<String, V> record(String key, V value, Headers headers) {
    return new ProducerRecord<>(name, null, key, value, headers);
  }
}
