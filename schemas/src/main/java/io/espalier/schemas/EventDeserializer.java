package io.espalier.schemas;

import io.confluent.kafka.serializers.KafkaAvroDeserializer;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of one topic in Confluent's framing: a zero, four bytes of schema id, Avro.
 *
 * <p>It asks the registry for the schema first and looks at the Avro bytes afterwards, so that a
 * failure says whose fault it is: {@link RegistryUnavailableException} if the registry gave no
 * schema, {@link UnreadableEventException} if the bytes are no event of this topic. An id that a
 * registry in working order does not know even after several tries is the record's fault.
 *
 * @param <V> the generated type of the events
 */
final class EventDeserializer<V extends SpecificRecord> implements Deserializer<V> {
  private static final int FRAME_BYTES = 1 + Integer.BYTES;

  private final RegistryCalls registry;
  private final Class<V> wanted;
  private final TopicSettings settings;
  private final KafkaAvroDeserializer avro;

  EventDeserializer(
      RegistryCalls registry, Class<V> wanted, TopicSettings settings, Map<String, Object> avro) {
    this.registry = registry;
    this.wanted = wanted;
    this.settings = settings;
    this.avro = new KafkaAvroDeserializer(registry.client(), avro);
  }

  @Override
  @SuppressWarnings("NullAway") // Kafka asks for nulls to be passed through
  public V deserialize(String topic, Headers headers, byte @Nullable [] bytes) {
    return deserialize(topic, bytes);
  }

  @Override
  @SuppressWarnings("NullAway")
  public V deserialize(String topic, byte @Nullable [] bytes) {
    if (bytes == null) {
      return null;
    }
    requireFrame(bytes);
    requireSchema(topic, ByteBuffer.wrap(bytes, 1, Integer.BYTES).getInt());
    return wanted(decode(topic, bytes));
  }

  private void requireFrame(byte[] bytes) {
    // A batch that was compressed may hold more than the broker's limit.
    if (bytes.length > settings.maxBytes()) {
      throw new UnreadableEventException(
          String.format(
              Locale.ROOT,
              "wanted a %s of at most %,d bytes, found %,d bytes",
              wanted.getSimpleName(),
              settings.maxBytes(),
              bytes.length),
          null);
    }
    if (bytes.length < FRAME_BYTES || bytes[0] != 0) {
      throw new UnreadableEventException(
          String.format(
              Locale.ROOT,
              "wanted a %s with a zero and a schema id in front, found %d bytes without",
              wanted.getSimpleName(),
              bytes.length),
          null);
    }
  }

  private void requireSchema(String topic, int id) {
    String question = "the schema with id " + id;
    try {
      registry.answer(question, () -> registry.client().getSchemaById(id));
    } catch (RegistryUnavailableException e) {
      if (!RegistryCalls.notFound(e)) {
        throw e;
      }
      registry.requireWorking(topic);
      throw new UnreadableEventException(
          "the record names schema id %d, which the registry does not know".formatted(id), e);
    }
  }

  /** Whatever fails from here on, the bytes are to blame, a too deep nesting included. */
  @SuppressWarnings("IllegalCatch")
  private Object decode(String topic, byte[] bytes) {
    try {
      return avro.deserialize(topic, bytes);
    } catch (RuntimeException | StackOverflowError e) {
      throw new UnreadableEventException(
          "wanted a %s, found %d bytes that cannot be read as one: %s"
              .formatted(wanted.getSimpleName(), bytes.length, e.getMessage()),
          e);
    }
  }

  private V wanted(Object event) {
    if (!wanted.isInstance(event)) {
      throw new UnreadableEventException(
          "wanted a %s, found a %s"
              .formatted(wanted.getSimpleName(), event.getClass().getSimpleName()),
          null);
    }
    return wanted.cast(event);
  }

  @Override
  public void close() {
    avro.close();
  }
}
