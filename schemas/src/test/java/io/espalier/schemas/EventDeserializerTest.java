package io.espalier.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.event.CancelRun;
import io.espalier.event.ClosedAttempts;
import io.espalier.event.ModelRegistered;
import io.espalier.event.RunRequest;
import io.espalier.schemas.RegistryServer.Behaviour;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose fault it is that a record cannot be read: the registry's, whatever it says, or its own. */
class EventDeserializerTest {
  private static final String TOPIC = "model-registered";
  private static final int ID = 7;
  private static final int FOREIGN_ID = 8;
  private static final int UNKNOWN_ID = 99;
  private static final List<Duration> PAUSES =
      List.of(Duration.ofMillis(10), Duration.ofMillis(10));

  private final RegistryServer registry = RegistryServer.start();
  private final AtomicLong nanos = new AtomicLong();
  private EventDeserializer<ModelRegistered> events = deserializer();

  @BeforeEach
  void a_registry_that_knows_two_schemas() {
    registry.register(TOPIC + "-value", ID, plain(ModelRegistered.getClassSchema()));
    registry.register("run-requests-value", FOREIGN_ID, plain(RunRequest.getClassSchema()));
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  @Test
  void a_sound_record_is_read() {
    assertThat(events.deserialize(TOPIC, sound())).isEqualTo(registered("resnet"));
  }

  @Test
  void no_value_stays_no_value() {
    assertThat(events.deserialize(TOPIC, null)).isNull();
  }

  @Test
  void a_record_of_the_oldest_version_is_read_by_the_newest() {
    Schema oldest = PublishedSchemas.of("closed-attempts").get(0);
    registry.register("closed-attempts-value", 20, oldest.toString());
    var closed = new ClosedAttempts("run", 3L, "done", Instant.parse("2026-06-01T12:00:00Z"), null);
    var reader = deserializer(ClosedAttempts.class, TopicSettings.reported());

    assertThat(reader.deserialize("closed-attempts", framed(20, avro(closed)))).isEqualTo(closed);
  }

  static Stream<byte[]> bytes_that_are_no_event() {
    return Stream.of(
        new byte[0],
        new byte[] {0},
        new byte[] {0, 0, 0, 0},
        "this is no Avro".getBytes(UTF_8),
        framed(ID, new byte[0]),
        framed(ID, Arrays.copyOf(avro(registered("resnet")), 20)),
        framed(ID, "this is no Avro, either".getBytes(UTF_8)));
  }

  @ParameterizedTest
  @MethodSource
  void bytes_that_are_no_event(byte[] bytes) {
    assertThatThrownBy(() -> events.deserialize(TOPIC, bytes))
        .isInstanceOf(UnreadableEventException.class)
        .hasMessageContaining("wanted a ModelRegistered");
    requireTheNextOneIsRead();
  }

  @Test
  void bytes_without_a_frame_do_not_trouble_the_registry() {
    registry.behave(Behaviour.silent());

    assertThatThrownBy(() -> events.deserialize(TOPIC, "garbage".getBytes(UTF_8)))
        .isInstanceOf(UnreadableEventException.class)
        .hasMessageContaining("found 7 bytes without");
    assertThat(registry.requests()).isEmpty();
  }

  @Test
  void a_record_that_claims_two_billion_letters_takes_no_memory() {
    byte[] claims = {(byte) 0xFE, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x0F, 'a'};

    assertThatThrownBy(() -> events.deserialize(TOPIC, framed(ID, claims)))
        .isInstanceOf(UnreadableEventException.class)
        .hasMessageContaining("2147483647");
    requireTheNextOneIsRead();
  }

  @Test
  void a_record_that_claims_two_billion_items_takes_no_memory() {
    registry.register(
        TOPIC + "-value",
        30,
        """
        {"type":"record","name":"ModelRegistered","namespace":"io.espalier.event","fields":[
         {"name":"other","type":{"type":"array","items":"string"}}]}""");
    byte[] claims = {(byte) 0xEE, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x0F, 0, 0};

    assertThatThrownBy(() -> events.deserialize(TOPIC, framed(30, claims)))
        .isInstanceOf(UnreadableEventException.class);
    requireTheNextOneIsRead();
  }

  @Test
  void a_valid_record_of_another_type_is_named() {
    var request = new RunRequest("run", "me", Instant.EPOCH, new CancelRun("no"));

    assertThatThrownBy(() -> events.deserialize(TOPIC, framed(FOREIGN_ID, avro(request))))
        .isInstanceOf(UnreadableEventException.class)
        .hasMessage("wanted a ModelRegistered, found a RunRequest");
    requireTheNextOneIsRead();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"schema\":\"{}\",\"schemaType\":\"JSON\"}",
        "{\"schema\":\"syntax = proto3;\",\"schemaType\":\"PROTOBUF\"}",
        "{\"schema\":\"\\\"string\\\"\"}",
        "{\"schema\":\"{\\\"type\\\":\\\"no type of Java's Avro\\\"}\"}"
      })
  void a_record_whose_schema_is_somebody_elses_is_its_own_fault(String answer) {
    registry.answerWith(40, answer);

    assertThatThrownBy(() -> events.deserialize(TOPIC, framed(40, new byte[] {1, 2, 3})))
        .isInstanceOf(UnreadableEventException.class)
        .hasMessageStartingWith("wanted a ModelRegistered, found a ");
    requireTheNextOneIsRead();
  }

  @Test
  void an_id_that_a_registry_in_order_does_not_know_is_the_records_fault() {
    assertThatThrownBy(() -> events.deserialize(TOPIC, framed(UNKNOWN_ID, new byte[3])))
        .isInstanceOf(UnreadableEventException.class)
        .hasMessage("the record names schema id 99, which the registry does not know");
    assertThat(registry.requests()).contains("/subjects/" + TOPIC + "-value/versions");
    requireTheNextOneIsRead();
  }

  @Test
  void an_id_that_a_registry_learns_late_is_found() {
    registry.behave(
        (server, exchange) -> {
          if (server.requests().size() == 2) {
            server.register("late-value", UNKNOWN_ID, plain(ModelRegistered.getClassSchema()));
          }
          Behaviour.SOUND.handle(server, exchange);
        });

    byte[] late = framed(UNKNOWN_ID, avro(registered("resnet")));

    assertThat(events.deserialize(TOPIC, late)).isEqualTo(registered("resnet"));
  }

  @Test
  void a_flood_of_unknown_ids_does_not_hold_up_the_others() {
    long begin = System.nanoTime();
    EventDeserializer<ModelRegistered> patient =
        deserializer(new RegistryCalls(client(), false, RegistryCalls.USUAL_PAUSES));

    IntStream.range(0, 300)
        .forEach(
            i ->
                assertThatThrownBy(() -> patient.deserialize(TOPIC, framed(1000 + i, new byte[3])))
                    .isInstanceOf(UnreadableEventException.class));

    assertThat(patient.deserialize(TOPIC, sound())).isEqualTo(registered("resnet"));
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
  }

  @Test
  void an_unknown_id_is_asked_for_again_after_a_minute() {
    assertThatThrownBy(() -> events.deserialize(TOPIC, framed(UNKNOWN_ID, new byte[3])))
        .isInstanceOf(UnreadableEventException.class);
    registry.register("new-value", UNKNOWN_ID, plain(ModelRegistered.getClassSchema()));
    byte[] later = framed(UNKNOWN_ID, avro(registered("resnet")));

    assertThatThrownBy(() -> events.deserialize(TOPIC, later))
        .isInstanceOf(UnreadableEventException.class);
    nanos.addAndGet(Duration.ofSeconds(61).toNanos());
    assertThat(events.deserialize(TOPIC, later)).isEqualTo(registered("resnet"));
  }

  static Stream<Behaviour> a_registry_out_of_order() {
    return Stream.of(
        Behaviour.says(401, "{\"error_code\":401,\"message\":\"Unauthorized\"}"),
        Behaviour.says(403, "{\"error_code\":403,\"message\":\"Forbidden\"}"),
        Behaviour.says(404, "{\"error_code\":40403,\"message\":\"Schema not found\"}"),
        Behaviour.says(404, "<html>no such page</html>"),
        Behaviour.says(429, "{\"error_code\":429,\"message\":\"Too many requests\"}"),
        Behaviour.says(500, "{\"error_code\":50001,\"message\":\"Store\"}"),
        Behaviour.says(503, ""),
        Behaviour.says(200, "<html>the proxy's page</html>"),
        Behaviour.says(200, "{}"),
        Behaviour.says(200, "{\"schema\":\"{\\\"type\\\":\\\"rec\"}"),
        Behaviour.says(200, ""),
        Behaviour.breaksOffAfter(100),
        Behaviour.breaksOffAfter(0));
  }

  @ParameterizedTest
  @MethodSource
  void a_registry_out_of_order(Behaviour behaviour) {
    registry.behave(behaviour);

    assertThatThrownBy(() -> events.deserialize(TOPIC, sound()))
        .isInstanceOf(RegistryUnavailableException.class)
        .matches(TransientFailures::include);
    registry.behave(Behaviour.SOUND);
    requireTheNextOneIsRead();
  }

  @ParameterizedTest
  @MethodSource("a_registry_out_of_order")
  void a_registry_that_fails_between_two_questions_of_one_record_is_never_the_records_fault(
      Behaviour behaviour) {
    registry.behave(
        (server, exchange) -> {
          server.behave(behaviour);
          Behaviour.SOUND.handle(server, exchange);
        });

    assertThat(events.deserialize(TOPIC, sound())).isEqualTo(registered("resnet"));
    assertThat(registry.requests()).hasSize(1);
  }

  @Test
  void a_registry_that_is_away_is_transient() {
    registry.close();

    assertThatThrownBy(() -> events.deserialize(TOPIC, sound()))
        .isInstanceOf(RegistryUnavailableException.class)
        .hasMessageContaining("the schema with id 7");
  }

  @Test
  void a_registry_that_says_nothing_is_given_up_before_a_transaction_would_end() {
    registry.behave(Behaviour.silent());
    EventDeserializer<ModelRegistered> patient =
        deserializer(new RegistryCalls(client(), false, RegistryCalls.USUAL_PAUSES));
    long begin = System.nanoTime();

    assertThatThrownBy(() -> patient.deserialize(TOPIC, sound()))
        .isInstanceOf(RegistryUnavailableException.class);

    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .isBetween(Duration.ofSeconds(3), Duration.ofMillis(9_500));
  }

  @Test
  void one_hiccup_is_not_noticed() {
    registry.behave(
        (server, exchange) -> {
          server.behave(Behaviour.SOUND);
          Behaviour.says(503, "").handle(server, exchange);
        });

    assertThat(events.deserialize(TOPIC, sound())).isEqualTo(registered("resnet"));
  }

  @Test
  void what_is_known_is_read_without_the_registry() {
    events.deserialize(TOPIC, sound());
    registry.close();

    assertThat(events.deserialize(TOPIC, sound())).isEqualTo(registered("resnet"));
  }

  @Test
  void a_record_above_the_topics_limit_is_refused_unread() {
    ModelRegistered large = registered("x".repeat(TopicSettings.SMALL_BYTES));

    assertThatThrownBy(() -> events.deserialize(TOPIC, framed(ID, avro(large))))
        .isInstanceOf(UnreadableEventException.class)
        .hasMessageContaining("at most 262,144 bytes");
    assertThat(registry.requests()).isEmpty();
  }

  @Test
  void schemas_that_were_learnt_are_read_when_the_registry_is_away() {
    var topics = new Topics("", SchemaRegistry.at(registry.url()), 1);
    topics
        .all(List.of())
        .forEach(
            topic -> {
              int id = 100 + topic.name().hashCode() % 50;
              registry.register(topic.subject(), id, Installation.plain(topic.schema()).toString());
            });
    registry.register(TOPIC + "-value", ID, plain(ModelRegistered.getClassSchema()));

    topics.learnSchemas();
    registry.close();

    assertThat(topics.modelRegistered().values().deserializer().deserialize(TOPIC, sound()))
        .isEqualTo(registered("resnet"));
  }

  private void requireTheNextOneIsRead() {
    assertThat(events.deserialize(TOPIC, sound())).isEqualTo(registered("resnet"));
  }

  private EventDeserializer<ModelRegistered> deserializer() {
    return deserializer(new RegistryCalls(client(), false, PAUSES));
  }

  private EventDeserializer<ModelRegistered> deserializer(RegistryCalls calls) {
    return new EventDeserializer<>(
        new RegisteredSchemas(calls, nanos::get),
        new SchemaRegistry.Event<>(
            ModelRegistered.class,
            ModelRegistered.getClassSchema(),
            TopicSettings.received(TopicSettings.Cleanup.DELETE)));
  }

  private <V extends SpecificRecord> EventDeserializer<V> deserializer(
      Class<V> type, TopicSettings settings) {
    Schema schema = org.apache.avro.specific.SpecificData.get().getSchema(type);
    return new EventDeserializer<>(
        new RegisteredSchemas(new RegistryCalls(client(), false, PAUSES), nanos::get),
        new SchemaRegistry.Event<>(type, schema, settings));
  }

  private io.confluent.kafka.schemaregistry.client.SchemaRegistryClient client() {
    return SchemaRegistry.at(registry.url()).client();
  }

  private static byte[] sound() {
    return framed(ID, avro(registered("resnet")));
  }

  private static byte[] framed(int id, byte[] avro) {
    return ByteBuffer.allocate(5 + avro.length).put((byte) 0).putInt(id).put(avro).array();
  }

  private static byte[] avro(SpecificRecord event) {
    try {
      var bytes = new ByteArrayOutputStream();
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
      new SpecificDatumWriter<>(event.getSchema()).write(event, encoder);
      encoder.flush();
      return bytes.toByteArray();
    } catch (IOException failed) {
      throw new AssertionError(failed);
    }
  }

  private static String plain(Schema schema) {
    return Installation.plain(schema).toString();
  }

  private static ModelRegistered registered(String name) {
    return ModelRegistered.newBuilder()
        .setName(name)
        .setVersion("1")
        .setArtifactUri("file:///models/resnet")
        .setTask("image-classification")
        .setLabels(Map.of("tier", "edge"))
        .setRegisteredAt(Instant.parse("2026-06-01T12:00:00Z"))
        .build();
  }
}
