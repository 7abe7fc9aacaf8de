package io.espalier.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.espalier.event.CancelRun;
import io.espalier.event.ModelRegistered;
import io.espalier.event.RunRequest;
import io.espalier.schemas.TopicSettings.Cleanup;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.Test;

class TopicsTest {
  private static final Instant NOON = Instant.parse("2026-06-01T12:00:00Z");

  private final Topics topics = new Topics("test.", SchemaRegistry.inMemory("topics"), 3);

  @Test
  void an_event_survives_the_wire() {
    ModelRegistered event = registered();
    Topic<ModelRegistered> topic = topics.modelRegistered();

    byte[] bytes = topic.values().serializer().serialize(topic.name(), event);
    ModelRegistered read = topic.values().deserializer().deserialize(topic.name(), bytes);

    assertThat(read).isEqualTo(event);
  }

  @Test
  void a_union_of_requests_keeps_its_kind() {
    Topic<RunRequest> topic = topics.runRequests();
    var request = new RunRequest("run-1", "me", NOON, new CancelRun("too expensive"));

    byte[] bytes = topic.values().serializer().serialize(topic.name(), request);
    RunRequest read = topic.values().deserializer().deserialize(topic.name(), bytes);

    assertThat(read.getRequest()).isEqualTo(new CancelRun("too expensive"));
  }

  @Test
  void outside_development_an_unregistered_schema_is_refused() {
    var strict = new Topics("test.", SchemaRegistry.at("mock://strict"), 3);
    Topic<ModelRegistered> topic = strict.modelRegistered();

    assertThatThrownBy(() -> topic.values().serializer().serialize(topic.name(), registered()))
        .isInstanceOf(RegistryUnavailableException.class)
        .hasMessageContaining("espalier setup");
  }

  @Test
  void registered_schemas_are_found_by_a_strict_producer() {
    SchemaRegistry registry = SchemaRegistry.at("mock://registered");
    var strict = new Topics("test.", registry, 3);
    var installation = new Installation(strict, registry, List.of("cpu"));

    List<String> first = installation.registerSchemas();
    List<String> second = installation.registerSchemas();

    assertThat(first).contains("test.model-registered-value", "test.stage-commands.cpu-value");
    assertThat(second).isEmpty();
    Topic<ModelRegistered> topic = strict.modelRegistered();
    assertThat(topic.values().serializer().serialize(topic.name(), registered())).isNotEmpty();
  }

  @Test
  void state_is_compacted_and_history_is_not() {
    assertThat(topics.runs().settings().cleanup()).isEqualTo(Cleanup.COMPACT);
    assertThat(topics.pruningPolicies().settings().cleanup()).isEqualTo(Cleanup.COMPACT);
    assertThat(topics.modelRegistered().settings().cleanup()).isEqualTo(Cleanup.DELETE);
  }

  @Test
  void headers_follow_the_cloudevents_binding_and_replace_older_ones() {
    var older = new CloudEvent("0", "/old", CloudEvent.RUN_CHANGED, "run-0", NOON).headers();
    older.add(CloudEvent.TRACEPARENT, "00-trace".getBytes(UTF_8));

    var headers =
        new CloudEvent("1", "/cli", CloudEvent.MODEL_REGISTERED, "resnet@1", NOON).writeTo(older);

    assertThat(headers)
        .extracting(Header::key, header -> new String(header.value(), UTF_8))
        .containsExactlyInAnyOrder(
            tuple("ce_specversion", "1.0"),
            tuple("ce_id", "1"),
            tuple("ce_source", "/cli"),
            tuple("ce_type", "io.espalier.model.registered.v1"),
            tuple("ce_subject", "resnet@1"),
            tuple("ce_time", "2026-06-01T12:00:00Z"),
            tuple("content-type", "application/avro"),
            tuple("traceparent", "00-trace"));
  }

  private static ModelRegistered registered() {
    return ModelRegistered.newBuilder()
        .setName("resnet")
        .setVersion("1")
        .setArtifactUri("file:///models/resnet")
        .setTask("image-classification")
        .setLabels(Map.of("tier", "edge"))
        .setRegisteredAt(NOON)
        .build();
  }
}
