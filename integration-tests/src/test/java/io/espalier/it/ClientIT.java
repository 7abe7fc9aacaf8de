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
import io.espalier.standalone.client.ModelRegistering;
import io.espalier.standalone.client.PolicyListing;
import io.espalier.standalone.client.Publishing;
import io.espalier.standalone.client.Workers;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.model.Registration;
import io.espalier.standalone.report.Format;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.worker.domain.InvalidInputException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tests of the command line on a real broker, without any service that listens. */
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
    try (Cluster cluster = Cluster.connect(espalier.address())) {
      Result first = Publishing.apply(cluster, policies, false);
      Result unchanged = Publishing.apply(cluster, policies, false);
      Publishing.withdraw(espalier.address(), List.of("again"));
      Result again = Publishing.apply(cluster, policies, false);
      Result last = Publishing.apply(cluster, changed, false);

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
  void policies_that_are_applied_at_the_same_time_have_generations_of_their_own()
      throws InterruptedException, ExecutionException {
    int writers = 2;
    int changes = 3;
    ExecutorService threads = Executors.newFixedThreadPool(writers);
    List<Future<?>> done = new ArrayList<>();
    for (int writer = 0; writer < writers; writer++) {
      int first = 10 + writer * changes;
      done.add(threads.submit(() -> applyInTurn(first, changes)));
    }
    for (Future<?> each : done) {
      each.get();
    }
    threads.shutdown();

    List<PruningPolicy> all;
    try (EventLog<PruningPolicy> log = espalier.read(espalier.topics().pruningPolicies())) {
      all =
          log.all().stream()
              .filter(policy -> policy != null && policy.getName().equals("raced"))
              .toList();
    }
    assertThat(all).hasSize(writers * changes);
    assertThat(all).extracting(PruningPolicy::getGeneration).isSorted().doesNotHaveDuplicates();
    assertThat(all)
        .extracting(policy -> policy.getStages().get(0).getSpec())
        .doesNotHaveDuplicates();
  }

  /** Each with another bound, so that each is a change. */
  private static void applyInTurn(int firstPercent, int changes) {
    try (Cluster cluster = Cluster.connect(espalier.address())) {
      for (int percent = firstPercent; percent < firstPercent + changes; percent++) {
        String text = policy(percent + "%").replace("again", "raced");
        Publishing.apply(cluster, PolicyFile.parse("raced.yaml", text).orThrow(), false);
      }
    }
  }

  @Test
  void what_is_listed_as_yaml_can_be_applied_and_changes_nothing() {
    try (Cluster cluster = Cluster.connect(espalier.address())) {
      String text = policy("60%").replace("again", "listed");
      Publishing.apply(cluster, PolicyFile.parse("listed.yaml", text).orThrow(), false);

      String yaml = Format.YAML.of(PolicyListing.documents(espalier.address()));

      List<Policy> policies = PolicyFile.parse("list.yaml", yaml).orThrow();
      Result again = Publishing.apply(cluster, policies, true);
      assertThat(policies).extracting(Policy::name).contains("listed");
      assertThat(again.json().findValuesAsText("change")).containsOnly("unchanged");
      assertThat(PolicyListing.diff(espalier.address(), policies).exitCode()).isZero();
      Result shown = PolicyListing.show(espalier.address(), "listed", OptionalLong.empty());
      assertThat(shown.table()).contains("in force", "flops: 60%");
    }
  }

  @Test
  void a_registration_is_answered_by_what_comes_of_it() {
    String text = policy("60%").replace("again", "for-readers");
    List<Policy> policies =
        PolicyFile.parse("p.yaml", text.replace("match: {}", "match: { names: [nobody] }"))
            .orThrow();
    try (Cluster cluster = Cluster.connect(espalier.address())) {
      Publishing.apply(cluster, policies, false);
    }

    Result dry = register("answered", TestModel.small(), true);
    Result first = register("answered", TestModel.small(), false);
    Result again = register("answered", TestModel.small(), false);

    assertThat(dry.table()).startsWith("dry run, nothing is registered: answered@1");
    assertThat(first.table()).startsWith("registered answered@1\n");
    assertThat(first.json().path("registeredBefore").asBoolean()).isFalse();
    assertThat(first.table()).contains("names: wanted nobody, found answered");
    assertThat(again.table()).contains("again, with the content that it has had");
    assertThatThrownBy(() -> register("answered", TestModel.large(), false))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("root digest " + first.json().path("rootDigest").asText())
        .hasMessageContaining("as another version");
  }

  private static Result register(String name, Path model, boolean dryRun) {
    var registration = new Registration(name, "1", model, Optional.empty(), Map.of(), Map.of());
    var request = new ModelRegistering.Request(registration, dryRun, false, Optional.empty());
    return ModelRegistering.run(espalier.address(), request, Narration.plain(System.err));
  }

  @Test
  void a_policy_for_a_pool_without_a_topic_is_applied_with_a_warning() {
    String text = policy("60%").replace("again", "elsewhere") + "  placement: { pool: nowhere }\n";
    List<Policy> policies = PolicyFile.parse("policy.yaml", text).orThrow();
    List<Policy> sound =
        PolicyFile.parse("policy.yaml", policy("60%").replace("again", "sound")).orThrow();
    sendHeartbeat("serving", Instant.now());
    try (Cluster cluster = Cluster.connect(espalier.address())) {
      Result warned = Publishing.apply(cluster, policies, false);
      Result unwarned = Publishing.apply(cluster, sound, false);

      assertThat(warned.table())
          .contains("created", "warning: policy 'elsewhere': the pool 'nowhere'");
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
