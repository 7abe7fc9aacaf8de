package io.espalier.streams.wire;

import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.TopicNameExtractor;

/**
 * A topic that the coordinator writes, keyed by strings.
 *
 * @param topic full name, or the part of it that comes before what the record adds
 * @param values how the values are written
 * @param <V> the values, as the domain has them
 */
public record OutboundTopic<V>(String topic, Serializer<V> values) {
  /** Sends every record to the topic. */
  public void send(KStream<String, V> records, String name) {
    records.to(topic, produced(name));
  }

  /** Sends every record to the topic that it names. */
  public void send(KStream<String, V> records, TopicNameExtractor<String, V> topics, String name) {
    records.to(topics, produced(name));
  }

  private Produced<String, V> produced(String name) {
    return Produced.with(
            Serdes.String(),
            Serdes.serdeFrom(
                values,
                (source, bytes) -> {
                  throw new UnsupportedOperationException("the coordinator only writes " + source);
                }))
        .withName(name);
  }
}
