package io.espalier.it.bench;

import io.espalier.event.ModelRegistered;
import io.espalier.event.OnGateFailure;
import io.espalier.event.PolicyMatch;
import io.espalier.event.PruningPolicy;
import io.espalier.event.StageKind;
import io.espalier.event.StageSpec;
import io.espalier.event.WorkerHeartbeat;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.streams.app.Coordinator;
import io.espalier.streams.app.CoordinatorConfig;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;

/**
 * Load of a coordinator: models, policies and the heartbeats of a worker that always has a free
 * slot.
 */
final class Load {
  private static final int SLOTS = 1_000_000;
  private static final String COPIES = "copies";

  private final String bootstrapServers;
  private final SchemaRegistry registry;
  private final Topics topics;
  private final PolicySet policies;
  private final Map<String, Long> sentAt = new ConcurrentHashMap<>();

  Load(String bootstrapServers, SchemaRegistry registry, Topics topics, PolicySet policies) {
    this.bootstrapServers = bootstrapServers;
    this.registry = registry;
    this.topics = topics;
    this.policies = policies;
  }

  /**
   * Policies for groups of models.
   *
   * @param count how many there are
   * @param matching how many of them match each model
   */
  record PolicySet(int count, int matching) {
    int groups() {
      return count / matching;
    }
  }

  /** Returns when each model was sent, in nanoseconds, by its name. */
  Map<String, Long> sentAt() {
    return sentAt;
  }

  /** Applies the policies, of which each matches the models of one name group. */
  void applyPolicies() {
    try (var producer = producer(topics.pruningPolicies())) {
      for (int i = 0; i < policies.groups() * policies.matching(); i++) {
        PruningPolicy policy = policy(i);
        send(
            producer,
            topics.pruningPolicies().record(policy.getName(), policy, headers(policy.getName())));
      }
    }
  }

  /** Registers models at a steady pace; their names say to which series they belong. */
  void register(String series, int count, int perSecond) {
    Topic<ModelRegistered> topic = topics.modelRegistered();
    try (var producer = producer(topic)) {
      long begin = System.nanoTime();
      for (int i = 0; i < count; i++) {
        long due = begin + TimeUnit.SECONDS.toNanos(i) / perSecond;
        while (System.nanoTime() < due) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
        String name = "group-%d-%s-%d".formatted(i % policies.groups(), series, i);
        sentAt.put(name, System.nanoTime());
        send(producer, topic.record(name, registered(name), headers(name)));
      }
    }
  }

  /** Heartbeats until closed. */
  AutoCloseable aliveWorkers() {
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    Topic<WorkerHeartbeat> topic = topics.workerHeartbeats();
    var producer = producer(topic);
    var beats =
        clock.scheduleAtFixedRate(
            () ->
                send(producer, topic.record(CoordinatorBenchmark.POOL, alive(), headers("bench"))),
            0,
            2,
            TimeUnit.SECONDS);
    return () -> {
      beats.cancel(false);
      clock.shutdown();
      clock.awaitTermination(5, TimeUnit.SECONDS);
      producer.close();
    };
  }

  /** The commands that come out. */
  Commands commands() {
    return Commands.of(bootstrapServers, topics.stageCommands(CoordinatorBenchmark.POOL));
  }

  /** A running coordinator. */
  Coordinator coordinator(Path state) throws InterruptedException {
    Coordinator coordinator = Coordinator.start(config(state));
    coordinator.awaitRunning();
    return coordinator;
  }

  /**
   * Events per second of a topology that copies the registered models, with the coordinator's
   * settings.
   */
  double passThroughRate(Path state, int count) throws Exception {
    try (Admin admin =
        Admin.create(Map.<String, Object>of("bootstrap.servers", bootstrapServers))) {
      admin
          .createTopics(
              List.of(new NewTopic(COPIES, topics.modelRegistered().partitions(), (short) 1)))
          .all()
          .get();
    }
    var builder = new StreamsBuilder();
    builder.stream(topics.modelRegistered().name()).to(COPIES);
    try (var copies = Commands.copies(bootstrapServers, COPIES);
        var streams = new KafkaStreams(builder.build(), passThrough(state))) {
      streams.start();
      copies.await(count, Duration.ofMinutes(5));
      return copies.ratePerSecond("bulk");
    }
  }

  private Properties passThrough(Path state) {
    var settings = new Properties();
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "pass-through");
    settings.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(
        StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, config(state).timing().commit().toMillis());
    settings.put(StreamsConfig.producerPrefix("linger.ms"), 2);
    settings.put(StreamsConfig.producerPrefix("batch.size"), 65536);
    settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
    settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
    return settings;
  }

  private CoordinatorConfig config(Path state) {
    return CoordinatorConfig.of(bootstrapServers, registry, state, URI.create("file:///artifacts"));
  }

  private <V> KafkaProducer<String, V> producer(Topic<V> topic) {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", bootstrapServers, "acks", "all", "linger.ms", 1);
    return new KafkaProducer<>(settings, topic.keys().serializer(), topic.values().serializer());
  }

  /** Figures of a load that did not arrive would mean nothing, so a failure ends the benchmark. */
  private static <V> void send(
      KafkaProducer<String, V> producer, ProducerRecord<String, V> record) {
    var unused =
        producer.send(
            record,
            (metadata, failure) -> {
              if (failure != null) {
                failure.printStackTrace();
                Runtime.getRuntime().halt(1);
              }
            });
  }

  private static Headers headers(String subject) {
    return new CloudEvent(
            subject, "/benchmark", CloudEvent.MODEL_REGISTERED, subject, Instant.now())
        .headers();
  }

  private static ModelRegistered registered(String name) {
    return ModelRegistered.newBuilder()
        .setName(name)
        .setVersion("1")
        .setArtifactUri("file:///models/" + name)
        .setTask("image-classification")
        .setFamily("resnet")
        .setRegisteredAt(Instant.now())
        .build();
  }

  private static WorkerHeartbeat alive() {
    return new WorkerHeartbeat(
        "bench", CoordinatorBenchmark.POOL, Instant.now(), SLOTS, List.of(), List.of(), 0, null);
  }

  private PruningPolicy policy(int i) {
    return PruningPolicy.newBuilder()
        .setName("policy-" + i)
        .setGeneration(1)
        .setMatch(
            PolicyMatch.newBuilder()
                .setTask("image-classification")
                .setNames(List.of("group-%d-*".formatted(i % policies.groups())))
                .build())
        .setStages(
            List.of(
                new StageSpec(
                    StageKind.PRUNE,
                    "{\"algorithm\":\"fastnas\",\"channelDivisor\":8,\"constraints\":{\"flops\":\"60%\"}}",
                    "")))
        .setOnGateFailure(OnGateFailure.REJECT)
        .setPool(CoordinatorBenchmark.POOL)
        .build();
  }
}
