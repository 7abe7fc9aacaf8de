package io.espalier.schemas;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificDatumReader;
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

  private final RegisteredSchemas schemas;
  private final Class<V> wanted;
  private final Schema reads;
  private final TopicSettings settings;
  private final Map<Integer, SpecificDatumReader<V>> readers = new ConcurrentHashMap<>();

  EventDeserializer(RegisteredSchemas schemas, SchemaRegistry.Event<V> event) {
    this.schemas = schemas;
    this.wanted = event.type();
    this.reads = event.schema();
    this.settings = event.settings();
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
    int id = ByteBuffer.wrap(bytes, 1, Integer.BYTES).getInt();
    SpecificDatumReader<V> known = readers.get(id);
    return decode(known == null ? reader(topic, id) : known, bytes);
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

  private SpecificDatumReader<V> reader(String topic, int id) {
    Schema written = schemas.of(topic, id);
    if (!written.getFullName().equals(reads.getFullName())) {
      throw new UnreadableEventException(
          "wanted a %s, found a %s".formatted(wanted.getSimpleName(), written.getName()), null);
    }
    var reader = new SpecificDatumReader<>(wanted);
    reader.setSchema(written);
    readers.put(id, reader);
    return reader;
  }

  /** Whatever fails from here on, the bytes are to blame, a too deep nesting included. */
  @SuppressWarnings("IllegalCatch")
  private V decode(SpecificDatumReader<V> reader, byte[] bytes) {
    try {
      var avro = ByteBuffer.wrap(bytes, FRAME_BYTES, bytes.length - FRAME_BYTES);
      return reader.read(null, new EventDecoder(avro));
    } catch (IOException | RuntimeException | StackOverflowError e) {
      throw new UnreadableEventException(
          "wanted a %s, found %d bytes that cannot be read as one: %s"
              .formatted(wanted.getSimpleName(), bytes.length, e.getMessage()),
          e);
    }
  }
}
