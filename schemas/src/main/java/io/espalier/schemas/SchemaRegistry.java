package io.espalier.schemas;

import io.confluent.kafka.schemaregistry.avro.AvroSchemaProvider;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClientFactory;
import io.confluent.kafka.serializers.KafkaAvroDeserializer;
import io.confluent.kafka.serializers.KafkaAvroSerializer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Where the schemas of the events are kept.
 *
 * @param url base address of a Confluent-compatible schema registry, or {@code mock://NAME} inside
 *     one JVM
 * @param development whether a producer may register its schema itself; elsewhere schemas are
 *     registered by a deploy step and an unknown one is refused
 */
public record SchemaRegistry(String url, boolean development) {
  private static final int CACHED_SCHEMAS = 1000;

  /** A registry in which schemas have been registered beforehand. */
  public static SchemaRegistry at(String url) {
    return new SchemaRegistry(url, false);
  }

  /** A registry inside this JVM, for tests; it does not enforce compatibility. */
  public static SchemaRegistry inMemory(String name) {
    return new SchemaRegistry("mock://" + name, true);
  }

  /** A client to register and look up schemas. */
  public SchemaRegistryClient client() {
    return SchemaRegistryClientFactory.newClient(
        List.of(url), CACHED_SCHEMAS, List.of(new AvroSchemaProvider()), Map.of(), Map.of());
  }

  /** The Confluent Avro serde for values of one generated type. */
  @SuppressWarnings(
      "unchecked") // specific.avro.reader makes the deserializer return the generated type
  <V extends SpecificRecord> Serde<V> serde() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("schema.registry.url", url);
    settings.put("auto.register.schemas", development);
    settings.put("specific.avro.reader", true);
    // The registry holds plain Avro; how Java represents strings is nobody else's business.
    settings.put("avro.remove.java.properties", true);
    Serde<Object> serde = Serdes.serdeFrom(new KafkaAvroSerializer(), new KafkaAvroDeserializer());
    serde.configure(settings, false);
    return (Serde<V>) (Serde<?>) serde;
  }
}
