package io.espalier.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.espalier.event.Artifact;
import io.espalier.event.ArtifactFile;
import io.espalier.event.CancelRun;
import io.espalier.event.ModelRegistered;
import io.espalier.event.ModelRejected;
import io.espalier.event.PrunedModel;
import io.espalier.event.RejectionReason;
import io.espalier.event.RunRequest;
import io.espalier.event.StageCommand;
import io.espalier.event.StageCost;
import io.espalier.event.StageEvent;
import io.espalier.event.StageReport;
import io.espalier.event.StageStarted;
import io.espalier.event.StageSucceeded;
import io.espalier.event.WorkerHeartbeat;
import io.espalier.fact.ChangeFacts;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.FactsMapping;
import io.espalier.schemas.Topic;
import io.espalier.standalone.client.topic.Cluster;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever somebody writes to a topic, the services go on, and the next sound model is published.
 * Each of these records has stopped the coordinator or every worker once, again after each restart.
 */
class OneRecordStopsNothingIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration HEARTBEAT = Duration.ofSeconds(1);
  private static final Map<String, Object> LARGE = Map.of("max.request.size", 8 << 20);

  private static Installed espalier;

  @BeforeAll
  static void install() {
    espalier = Installed.as("one-record");
    espalier.startCoordinator();
    espalier.startWorker("worker");
  }

  @AfterAll
  static void stop() {
    espalier.close();
  }

  static Stream<Topic<?>> topics_that_are_read() {
    var topics = espalier.topics();
    return Stream.of(
        topics.modelRegistered(),
        topics.runRequests(),
        topics.pruningPolicies(),
        topics.stageEvents(),
        topics.workerHeartbeats(),
        topics.closedAttempts());
  }

  @ParameterizedTest
  @MethodSource("topics_that_are_read")
  void a_valid_record_of_another_type_and_broken_bytes(Topic<?> topic) {
    espalier.send(new ProducerRecord<>(topic.name(), "foreign", foreignTo(topic)));
    espalier.send(new ProducerRecord<>(topic.name(), "broken", new byte[] {0, 0, 0, 0}));
    espalier.send(new ProducerRecord<>(topic.name(), "cut", Arrays.copyOf(foreignTo(topic), 9)));
    espalier.send(new ProducerRecord<>(topic.name(), "garbage", "no Avro".getBytes(UTF_8)));
    espalier.send(new ProducerRecord<>(topic.name(), "empty", new byte[0]));

    requireTheNextModelIsPublished("foreign-" + topic.name());
    requireTheNextCancelIsHeard("cancel-" + topic.name());
  }

  /** Cancels a run that nobody can begin, since its pool has no topic. */
  private static void requireTheNextCancelIsHeard(String name) {
    espalier.applyPolicyToPool(name, "no-such-pool");
    espalier.register(name, "1", TestModel.small(), Optional.empty());
    try (var runs = espalier.read(espalier.topics().runs());
        var rejected = espalier.read(espalier.topics().modelRejected())) {
      String runId =
          runs.await(PATIENCE, run -> run.getModelName().equals(name)).value().getRunId();
      var cancel = new RunRequest(runId, "test", Instant.now(), new CancelRun("no longer wanted"));
      espalier.publish(espalier.topics().runRequests(), runId, cancel, CloudEvent.RUN_REQUESTED);
      assertThat(rejected.await(PATIENCE, event -> event.getRunId().equals(runId)).value())
          .extracting(ModelRejected::getReason)
          .isEqualTo(RejectionReason.CANCELLED);
    }
  }

  @ParameterizedTest
  @MethodSource("topics_that_are_read")
  void a_record_without_a_time_sound_or_not(Topic<?> topic) {
    // Global tables of Kafka Streams take no such record, so there the broker's own time, which
    // `setup` asks for and the coordinator looks for when it starts, must stay.
    if (!topic.equals(espalier.topics().pruningPolicies())) {
      espalier.alter(topic, "message.timestamp.type", "CreateTime");
    }

    espalier.send(new Timeless(topic.name(), "timeless", "no Avro".getBytes(UTF_8)));
    espalier.send(new Timeless(topic.name(), "timeless", foreignTo(topic)));
    if (topic.equals(espalier.topics().modelRegistered())) {
      espalier.applyPolicy("timeless", "60%", 32);
      espalier.send(new Timeless(topic.name(), "timeless", sound("timeless")));
      assertThat(pruned("timeless").getModelVersion()).isEqualTo("1");
    }

    requireTheNextModelIsPublished("timeless-" + topic.name());
  }

  @Test
  void garbage_just_below_the_brokers_usual_limit() {
    Topic<ModelRegistered> topic = espalier.topics().modelRegistered();
    espalier.alter(topic, "max.message.bytes", Integer.toString(4 << 20));
    var garbage = new byte[1_048_000];
    Arrays.fill(garbage, (byte) 'x');

    espalier.send(new ProducerRecord<>(topic.name(), "large", garbage), LARGE);

    requireTheNextModelIsPublished("after-garbage");
    requireDeadLetterOf(topic, "large");
  }

  @Test
  void a_registration_that_is_small_only_while_it_is_compressed() {
    Topic<ModelRegistered> topic = espalier.topics().modelRegistered();
    ModelRegistered large = registered("compressed");
    large.setLabels(Map.of("card", "x".repeat(3_000_000)));
    byte[] bytes = topic.values().serializer().serialize(topic.name(), large);

    espalier.send(
        new ProducerRecord<>(topic.name(), "compressed", bytes),
        Map.of("max.request.size", 8 << 20, "compression.type", "gzip"));

    requireTheNextModelIsPublished("after-compressed");
    requireDeadLetterOf(topic, "compressed");
  }

  @Test
  void policies_are_listed_beside_a_record_that_is_none() {
    Topic<?> topic = espalier.topics().pruningPolicies();
    espalier.applyPolicy("listed", "60%", 32);
    espalier.send(new ProducerRecord<>(topic.name(), "no-policy", foreignTo(topic)));

    try (Cluster cluster = Cluster.connect(espalier.address())) {
      assertThat(cluster.latest(espalier.topics().pruningPolicies()))
          .containsKey("prune-listed")
          .doesNotContainKey("no-policy");
    }
  }

  @Test
  void a_result_of_six_thousand_files() {
    try (Installed alone = Installed.as("many-files")) {
      alone.startCoordinator();
      alone.applyPolicy("many", "60%", 32);
      alone.register("many", "1", TestModel.small(), Optional.empty());
      StageCommand command = commandOf(alone, "many");

      report(alone, command, new StageStarted(1, "cpu"));
      report(alone, command, manyFiles(command));

      try (var log = alone.read(alone.topics().prunedModel())) {
        PrunedModel result =
            log.await(PATIENCE, event -> event.getModelName().equals("many")).value();
        assertThat(result.getArtifact().getRootDigest()).isEqualTo("a".repeat(64));
      }
      alone.startWorker("worker");
      alone.applyPolicy("after-many", "60%", 32);
      alone.register("after-many", "1", TestModel.small(), Optional.empty());
      try (var log = alone.read(alone.topics().prunedModel())) {
        log.await(PATIENCE, event -> event.getModelName().equals("after-many"));
      }
      alone.requireAlive();
    }
  }

  private static void requireTheNextModelIsPublished(String name) {
    espalier.applyPolicy(name, "60%", 32);
    espalier.register(name, "1", TestModel.small(), Optional.empty());

    assertThat(pruned(name).getModelVersion()).isEqualTo("1");
    espalier.requireAlive();
  }

  private static void requireDeadLetterOf(Topic<?> topic, String key) {
    try (var letters = espalier.readDeadLetters()) {
      ConsumerRecord<String, byte[]> letter =
          letters.awaitRecord(PATIENCE, record -> key.equals(record.key()));
      assertThat(new String(header(letter, "__streams.errors.topic"), UTF_8))
          .isEqualTo(topic.name());
    }
  }

  private static byte[] header(ConsumerRecord<String, byte[]> letter, String name) {
    var header = letter.headers().lastHeader(name);
    assertThat(header).as(name).isNotNull();
    return header.value();
  }

  private static PrunedModel pruned(String model) {
    try (var log = espalier.read(espalier.topics().prunedModel())) {
      return log.await(PATIENCE, event -> event.getModelName().equals(model)).value();
    }
  }

  /** The command for a model, while a worker that does not exist says that it is idle. */
  private static StageCommand commandOf(Installed alone, String model) {
    try (var commands = alone.read(alone.topics().stageCommands("default"))) {
      return await()
          .atMost(PATIENCE)
          .pollInterval(HEARTBEAT)
          .until(
              () -> {
                sayAlive(alone);
                return commands.all().stream()
                    .filter(command -> command.getModelName().equals(model))
                    .findFirst();
              },
              Optional::isPresent)
          .orElseThrow();
    }
  }

  private static void sayAlive(Installed alone) {
    var alive =
        new WorkerHeartbeat("played", "default", Instant.now(), 1, List.of(), List.of(), 0, null);
    alone.publish(alone.topics().workerHeartbeats(), "default", alive, CloudEvent.WORKER_ALIVE);
  }

  private static void report(Installed alone, StageCommand command, Object detail) {
    StageEvent event =
        StageEvent.newBuilder()
            .setRunId(command.getRunId())
            .setStageIndex(command.getStageIndex())
            .setAttempt(command.getAttempt())
            .setWorkerId("played")
            .setAt(Instant.now())
            .setDetail(detail)
            .setToken(command.getToken())
            .build();
    alone.publish(
        alone.topics().stageEvents(), command.getRunId(), event, CloudEvent.STAGE_REPORTED);
  }

  private static StageSucceeded manyFiles(StageCommand command) {
    String base = command.getOutputUri();
    List<ArtifactFile> files =
        IntStream.range(0, 6_000)
            .mapToObj(
                i -> new ArtifactFile("part-%05d.safetensors".formatted(i), 1L, "b".repeat(64)))
            .toList();
    Artifact artifact =
        Artifact.newBuilder()
            .setUri(
                base
                    + (base.endsWith("/") ? "" : "/")
                    + "attempt-%d-%s/".formatted(command.getAttempt(), "a".repeat(12)))
            .setRootDigest("a".repeat(64))
            .setBytes(6_000)
            .setFiles(files)
            .setFileCount(6_000)
            .build();
    var cost = new StageCost(1_000L, "cpu", null, false);
    return new StageSucceeded(
        artifact,
        new StageReport(
            "fastnas",
            "1",
            Map.of(),
            List.of(),
            List.of(),
            cost,
            null,
            FactsMapping.toAvro(ChangeFacts.NONE)));
  }

  /** A sound event of another topic. */
  private static byte[] foreignTo(Topic<?> topic) {
    var topics = espalier.topics();
    if (!topic.equals(topics.modelRegistered())) {
      return sound("foreign");
    }
    var alive =
        new WorkerHeartbeat("w", "default", Instant.EPOCH, 0, List.of(), List.of(), 0, null);
    Topic<WorkerHeartbeat> heartbeats = topics.workerHeartbeats();
    return heartbeats.values().serializer().serialize(heartbeats.name(), alive);
  }

  private static byte[] sound(String model) {
    Topic<ModelRegistered> topic = espalier.topics().modelRegistered();
    return topic.values().serializer().serialize(topic.name(), registered(model));
  }

  private static ModelRegistered registered(String model) {
    return ModelRegistered.newBuilder()
        .setName(model)
        .setVersion("1")
        .setArtifactUri(TestModel.small().toUri().toString())
        .setTask("image-classification")
        .setDatasets(Map.of("eval", TestModel.data().toUri() + "?split=test"))
        .setRegisteredAt(Instant.now())
        .build();
  }

  /** A record without a time, as clients of other languages may send it. */
  private static final class Timeless extends ProducerRecord<String, byte[]> {
    private Timeless(String topic, String key, byte @Nullable [] value) {
      super(topic, key, value);
    }

    @Override
    public Long timestamp() {
      return -1L;
    }
  }
}
