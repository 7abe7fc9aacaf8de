package io.espalier.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.event.ModelRegistered;
import io.espalier.event.PruningPolicy;
import io.espalier.event.WorkerHeartbeat;
import io.espalier.schemas.Installation;
import io.espalier.schemas.Topic;
import io.espalier.schemas.policy.Policy;
import io.espalier.schemas.policy.PolicyFile;
import io.espalier.standalone.client.Cluster;
import io.espalier.standalone.client.Publishing;
import io.espalier.standalone.client.Workers;
import io.espalier.standalone.report.Result;
import io.espalier.worker.domain.InvalidInputException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the command line does to a real broker, without any service that listens. */
class ClientIT {
  private static Installed espalier;

  @BeforeAll
  static void install() {
    espalier = Installed.as("client");
  }

  @AfterAll
  static void stop() {
    espalier.close();
  }

  @Test
  void a_registration_that_is_too_large_is_refused_in_words() {
    Topic<ModelRegistered> topic = espalier.topics().modelRegistered();
    ModelRegistered large =
        ModelRegistered.newBuilder()
            .setName("large")
            .setVersion("1")
            .setArtifactUri("file:///models/large")
            .setTask("image-classification")
            .setLabels(Map.of("card", "x".repeat(300_000)))
            .setRegisteredAt(Instant.now())
            .build();

    try (Cluster cluster = Cluster.connect(espalier.address())) {
      assertThatThrownBy(() -> Publishing.publish(cluster, large))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(topic.name())
          .hasMessageContaining("at most 262,144 bytes, but 'large' has 300,");
    }
  }

  @Test
  void a_policy_that_is_withdrawn_and_applied_again_has_a_later_generation() {
    List<Policy> policies = PolicyFile.parse("policy.yaml", policy("60%")).orThrow();
    List<Policy> changed = PolicyFile.parse("policy.yaml", policy("50%")).orThrow();
    String topic = espalier.topics().pruningPolicies().name();
    try (Cluster cluster = Cluster.connect(espalier.address())) {
      Result first = Publishing.apply(cluster, policies);
      Result unchanged = Publishing.apply(cluster, policies);
      espalier.send(new ProducerRecord<>(topic, "again", null));
      Result again = Publishing.apply(cluster, policies);
      Result last = Publishing.apply(cluster, changed);

      assertThat(first.table()).contains("created", "models that are registered already are not");
      assertThat(unchanged.table()).contains("unchanged").doesNotContain("registered already");
      assertThat(generation(unchanged)).isEqualTo(generation(first));
      assertThat(again.table()).contains("created");
      assertThat(generation(again)).isGreaterThan(generation(first));
      assertThat(generation(last)).isGreaterThan(generation(again));
      Map<String, PruningPolicy> inForce = cluster.latest(espalier.topics().pruningPolicies());
      assertThat(inForce.get("again").getGeneration()).isEqualTo(generation(last));
    }
  }

  @Test
  void a_policy_for_a_pool_without_a_topic_is_applied_with_a_warning() {
    String text = policy("60%").replace("again", "elsewhere") + "  placement: { pool: nowhere }\n";
    List<Policy> policies = PolicyFile.parse("policy.yaml", text).orThrow();
    List<Policy> sound =
        PolicyFile.parse("policy.yaml", policy("60%").replace("again", "sound")).orThrow();
    try (Cluster cluster = Cluster.connect(espalier.address())) {
      Result warned = Publishing.apply(cluster, policies);
      Result unwarned = Publishing.apply(cluster, sound);

      assertThat(warned.table()).contains("created", "warning: the pool 'nowhere'");
      assertThat(warned.json().at("/warnings/0").asText())
          .contains("there are the pools default.", "setup --pool nowhere");
      assertThat(unwarned.table()).doesNotContain("warning");
      assertThat(unwarned.json().path("warnings").isArray()).isTrue();
      assertThat(unwarned.json().path("warnings")).isEmpty();
    }
  }

  @Test
  void workers_that_were_heard_of_lately_are_listed() {
    Topic<WorkerHeartbeat> topic = espalier.topics().workerHeartbeats();
    Instant now = Instant.now();
    sendHeartbeat("quiet", now.minusSeconds(60));
    sendHeartbeat("here", now);

    Result workers = Workers.list(espalier.address(), Optional.empty(), OptionalInt.empty());

    assertThat(workers.json().findValuesAsText("workerId")).containsExactly("here", "quiet");
    assertThat(workers.json().findValuesAsText("silent")).containsExactly("false", "true");
    assertThat(workers.table()).contains("default", "s ago, silent");
    try (Cluster cluster = Cluster.connect(espalier.address())) {
      assertThat(cluster.since(topic, now.minusSeconds(120))).hasSize(2);
      assertThat(cluster.since(topic, now.plusSeconds(3_600))).isEmpty();
    }
  }

  @Test
  void settings_that_somebody_changed_are_set_again() {
    Topic<?> topic = espalier.topics().runs();
    espalier.alter(topic, "max.message.bytes", "1000000");
    try (Cluster cluster = Cluster.connect(espalier.address())) {
      Installation.Added first = cluster.setUp(List.of("default"), topic.partitions(), (short) 1);
      Installation.Added second = cluster.setUp(List.of("default"), topic.partitions(), (short) 1);

      assertThat(first.changed()).containsExactly(topic.name());
      assertThat(first.topics()).isEmpty();
      assertThat(second.changed()).isEmpty();
    }
  }

  private static void sendHeartbeat(String worker, Instant at) {
    Topic<WorkerHeartbeat> topic = espalier.topics().workerHeartbeats();
    WorkerHeartbeat heartbeat =
        WorkerHeartbeat.newBuilder()
            .setWorkerId(worker)
            .setPool("default")
            .setAt(at)
            .setSlots(1)
            .setDevices(List.of())
            .setRunning(List.of())
            .build();
    byte[] bytes = topic.values().serializer().serialize(topic.name(), heartbeat);
    espalier.send(new ProducerRecord<>(topic.name(), "default", bytes));
  }

  private static String policy(String flops) {
    return """
    apiVersion: espalier.io/v1
    kind: PruningPolicy
    metadata: { name: again }
    spec:
      match: {}
      stages: [ { prune: { algorithm: fastnas, constraints: { flops: %s } } } ]
    """
        .formatted(flops);
  }

  private static long generation(Result applied) {
    return applied.json().at("/policies/0/generation").asLong();
  }
}
