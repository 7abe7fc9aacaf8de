package io.espalier.streams.wire;

import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;

/**
 * A topic that the coordinator reads, keyed by strings.
 *
 * @param topic full name
 * @param values serde of the values
 * @param <V> the values, as the domain has them
 */
public record InboundTopic<V>(String topic, Serde<V> values) {
  /** The topic's records, read by a named source. */
  public KStream<String, V> stream(StreamsBuilder builder, String name) {
    return builder.stream(topic, consumed(name));
  }

  /** Returns how to read it, by a named source. */
  public Consumed<String, V> consumed(String name) {
    return Consumed.with(Serdes.String(), values).withName(name);
  }
}
