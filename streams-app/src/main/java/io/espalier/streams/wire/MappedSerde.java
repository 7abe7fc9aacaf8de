package io.espalier.streams.wire;

import io.espalier.streams.domain.RefusedException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** Serdes of domain types, made of an Avro encoding and a mapping. */
final class MappedSerde {
  private MappedSerde() {}

  /** Reads events of a topic. A record without a value is no event and is refused. */
  static <A, D> Deserializer<D> reading(Deserializer<A> avro, Function<A, D> map) {
    return (topic, bytes) -> map.apply(avro.deserialize(topic, present(topic, bytes)));
  }

  /** Writes events to a topic. */
  static <A, D> Serializer<D> writing(Serializer<A> avro, Function<D, A> map) {
    return (topic, value) -> avro.serialize(topic, map.apply(value));
  }

  /** Returns what the coordinator keeps for itself, in stores and internal topics. */
  static <A extends SpecificRecordBase, D> Serde<D> of(
      A prototype, Function<D, A> toAvro, Function<A, D> fromAvro) {
    return of(StoredEncodings.ofState(prototype), toAvro, fromAvro);
  }

  /** Events in internal topics. */
  static <A extends SpecificRecordBase, D> Serde<D> ofEvent(
      A prototype, Function<D, A> toAvro, Function<A, D> fromAvro) {
    return of(StoredEncodings.ofEvent(prototype), toAvro, fromAvro);
  }

  private static <A extends SpecificRecordBase, D> Serde<D> of(
      SingleObject<A> encoding, Function<D, A> toAvro, Function<A, D> fromAvro) {
    return Serdes.serdeFrom(
        (topic, value) -> nullable(value, present -> encoding.toBytes(toAvro.apply(present))),
        (topic, bytes) ->
            nullable(bytes, present -> fromAvro.apply(encoding.decode(ByteBuffer.wrap(present)))));
  }

  private static byte[] present(String topic, byte @Nullable [] bytes) {
    if (bytes == null) {
      throw new RefusedException("record of " + topic, List.of("it has no value"));
    }
    return bytes;
  }

  /** Kafka asks for nulls to be passed through: a null value is a deletion in a store. */
  @SuppressWarnings("NullAway")
  private static <X, Y> Y nullable(@Nullable X value, Function<X, Y> map) {
    return value == null ? null : map.apply(value);
  }
}
