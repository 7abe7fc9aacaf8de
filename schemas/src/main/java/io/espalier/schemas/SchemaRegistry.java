package io.espalier.schemas;

import io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClientConfig;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClientFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Store of the schemas of the events.
 *
 * @param url base address of a Confluent-compatible schema registry, or {@code mock://NAME} inside
 *     one JVM
 * @param development whether a producer may register its schema itself; elsewhere schemas are
 *     registered by a deploy step and an unknown one is refused
 */
public record SchemaRegistry(String url, boolean development) {
  /** Up to the last {@code @}: a password may hold anything, and a base address has no other. */
  private static final Pattern USER = Pattern.compile("(?<=://)\\S*@");

  private static final int CACHED_SCHEMAS = 1000;
  private static final int TIMEOUT_MILLIS = 3_000;

  /** Returns a registry in which schemas have been registered beforehand. */
  public static SchemaRegistry at(String url) {
    return new SchemaRegistry(url, false);
  }

  /** Returns a registry inside this JVM, for tests; it does not enforce compatibility. */
  public static SchemaRegistry inMemory(String name) {
    return new SchemaRegistry("mock://" + name, true);
  }

  /** Returns the base address as it may be shown: without a user's name and password. */
  public String shownUrl() {
    return withoutUsers(url);
  }

  /** Returns a text without the user's name and password of each address in it. */
  public static String withoutUsers(String text) {
    return USER.matcher(text).replaceAll("");
  }

  /** Returns a client to register and look up schemas; it waits three seconds for an answer. */
  public SchemaRegistryClient client() {
    Map<String, Object> settings =
        Map.of(
            "schema.registry.url",
            url,
            SchemaRegistryClientConfig.HTTP_CONNECT_TIMEOUT_MS,
            TIMEOUT_MILLIS,
            SchemaRegistryClientConfig.HTTP_READ_TIMEOUT_MS,
            TIMEOUT_MILLIS);
    return SchemaRegistryClientFactory.newClient(
        List.of(url), CACHED_SCHEMAS, AvroOrForeign.all(), settings, Map.of());
  }

  /** Returns the calls of a new client; a registry inside this JVM needs no second try. */
  RegistryCalls calls() {
    List<Duration> pauses = development ? List.of() : RegistryCalls.USUAL_PAUSES;
    return new RegistryCalls(client(), development, pauses);
  }

  /** Returns the serde of a topic's events. */
  static <V extends SpecificRecord> Serde<V> serde(RegistryCalls calls, Event<V> event) {
    return Serdes.serdeFrom(
        new EventSerializer<>(calls, event.schema()),
        new EventDeserializer<>(new RegisteredSchemas(calls, System::nanoTime), event));
  }

  /**
   * The events of a topic.
   *
   * @param type their generated type
   * @param schema its schema
   * @param settings the topic's settings
   */
  record Event<V extends SpecificRecord>(Class<V> type, Schema schema, TopicSettings settings) {}
}
