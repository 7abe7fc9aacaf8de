package io.espalier.schemas;

import io.confluent.kafka.schemaregistry.avro.AvroSchema;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the events of a topic in Confluent's framing: a zero, four bytes of schema id, Avro.
 *
 * <p>Confluent's own serializer looks the schema up for every record, which hashes all of it. The
 * events of a topic have one schema, so its id is asked for once.
 *
 * @param <V> the generated type of the events
 */
final class EventSerializer<V extends SpecificRecord> implements Serializer<V> {
  private final RegistryCalls registry;
  private final Schema schema;
  private final SpecificDatumWriter<V> writer;
  private final Map<String, Integer> ids = new ConcurrentHashMap<>();

  EventSerializer(RegistryCalls registry, Schema schema) {
    this.registry = registry;
    this.schema = schema;
    this.writer = new SpecificDatumWriter<>(schema);
  }

  @Override
  @SuppressWarnings("NullAway") // Kafka asks for nulls to be passed through
  public byte[] serialize(String topic, Headers headers, @Nullable V event) {
    return serialize(topic, event);
  }

  /**
   * Writes an event.
   *
   * @throws RegistryUnavailableException if the registry does not tell the schema's id; where
   *     schemas are registered beforehand, this one may be missing
   */
  @Override
  @SuppressWarnings("NullAway")
  public byte[] serialize(String topic, @Nullable V event) {
    if (event == null) {
      return null;
    }
    var bytes = new ByteArrayOutputStream();
    bytes.write(0);
    bytes.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(id(topic)).array());
    try {
      BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
      writer.write(event, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot encode a " + schema.getName(), e);
    }
    return bytes.toByteArray();
  }

  private int id(String topic) {
    Integer known = ids.get(topic);
    if (known != null) {
      return known;
    }
    var published = new AvroSchema(Installation.plain(schema));
    String subject = topic + "-value";
    int id =
        registry.answer(
            "the id of the schema of %s (registered by `espalier setup`)".formatted(subject),
            () ->
                registry.development()
                    ? registry.client().register(subject, published)
                    : registry.client().getId(subject, published));
    ids.put(topic, id);
    return id;
  }
}
