package io.espalier.it.chaos;

import io.espalier.event.ModelRegistered;
import io.espalier.event.PolicyMatch;
import io.espalier.event.PruningPolicy;
import io.espalier.event.StageKind;
import io.espalier.event.StageSpec;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.Installation;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.standalone.Main;
import io.espalier.standalone.local.Distribution;
import io.espalier.standalone.local.JavaProcess;
import io.espalier.standalone.local.LocalBroker;
import io.espalier.standalone.local.LocalRegistry;
import io.espalier.worker.checkpoint.store.StoreMarker;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;

/** A broker, a registry, a coordinator and workers with the {@link SlowStage}, as processes. */
final class ChaosSystem implements AutoCloseable {
  private static final int PARTITIONS = 3;
  private static final int SERVICE_HEAP = 256;

  /** As supervisors of services do: one that fails at once is not started all the time. */
  private static final Duration BETWEEN_STARTS = Duration.ofSeconds(1);

  private final Path directory;
  private final int slots;
  private final LocalBroker broker;
  private final LocalRegistry registry;
  private final Topics topics;
  private final List<JavaProcess> workers = new ArrayList<>();
  private final Map<String, Instant> started = new HashMap<>();
  private JavaProcess coordinator;

  /** Starts everything in a directory. */
  ChaosSystem(Path directory, int workerCount, int slots) {
    this.directory = directory;
    this.slots = slots;
    broker = LocalBroker.start(directory.resolve("broker"));
    registry = LocalRegistry.start(directory.resolve("registry"));
    SchemaRegistry schemas = SchemaRegistry.at(registry.url());
    topics = new Topics("chaos.", schemas, PARTITIONS);
    try (Admin admin =
        Admin.create(Map.<String, Object>of("bootstrap.servers", bootstrapServers()))) {
      new Installation(topics, schemas, List.of("default")).setUp(admin, (short) 1);
    }
    StoreMarker.write(artifacts());
    coordinator = launchCoordinator();
    IntStream.range(0, workerCount).forEach(worker -> workers.add(launchWorker(worker)));
  }

  String bootstrapServers() {
    return broker.bootstrapServers();
  }

  String registryUrl() {
    return registry.url();
  }

  Topics topics() {
    return topics;
  }

  LocalBroker broker() {
    return broker;
  }

  JavaProcess coordinator() {
    return coordinator;
  }

  JavaProcess worker(int worker) {
    return workers.get(worker);
  }

  int workerCount() {
    return workers.size();
  }

  /** Starts the coordinator again if it has ended, unless it was only just started. */
  void reviveCoordinator() {
    if (!coordinator.alive() && mayStart("coordinator")) {
      coordinator = launchCoordinator();
    }
  }

  /** Starts a worker again if it has ended, unless it was only just started. */
  void reviveWorker(int worker) {
    if (!workers.get(worker).alive() && mayStart(workerName(worker))) {
      workers.set(worker, launchWorker(worker));
    }
  }

  private boolean mayStart(String name) {
    return Instant.now().isAfter(started.getOrDefault(name, Instant.EPOCH).plus(BETWEEN_STARTS));
  }

  /** A policy for every model: one stage of so many steps, as often as it takes. */
  void applyPolicy(int steps) {
    PruningPolicy policy =
        PruningPolicy.newBuilder()
            .setName("chaos")
            .setGeneration(1)
            .setMatch(PolicyMatch.newBuilder().build())
            .setStages(
                List.of(new StageSpec(StageKind.PRUNE, "{\"steps\":%d}".formatted(steps), "")))
            .setMaxAttempts(10)
            .setBackoffMillis(500)
            .build();
    publish(topics.pruningPolicies(), List.of(policy), PruningPolicy::getName);
  }

  /** Registers models, each with a content of its own, since equal ones are computed once. */
  void register(List<String> models) throws IOException {
    var events = new ArrayList<ModelRegistered>();
    for (String model : models) {
      Path artifact = Files.createDirectories(directory.resolve("models").resolve(model));
      Files.writeString(artifact.resolve("config.json"), "{\"name\":\"%s\"}".formatted(model));
      events.add(
          ModelRegistered.newBuilder()
              .setName(model)
              .setVersion("1")
              .setArtifactUri(artifact.toUri().toString())
              .setTask("image-classification")
              .setRegisteredAt(Instant.now())
              .build());
    }
    publish(topics.modelRegistered(), events, ModelRegistered::getName);
  }

  private <V> void publish(Topic<V> topic, List<V> events, Function<V, String> key) {
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrapServers(), "acks", "all");
    try (var producer =
        new KafkaProducer<>(settings, topic.keys().serializer(), topic.values().serializer())) {
      for (V event : events) {
        String name = key.apply(event);
        var headers = new CloudEvent(name, "/chaos", topic.name(), name, Instant.now()).headers();
        producer.send(topic.record(name, event, headers)).get();
      }
    } catch (InterruptedException | ExecutionException failed) {
      throw new IllegalStateException("could not send to " + topic.name(), failed);
    }
  }

  private JavaProcess launchCoordinator() {
    return launch(
        "coordinator",
        Main.class,
        List.of(
            "streams",
            "--bootstrap-servers",
            bootstrapServers(),
            "--registry-url",
            registry.url(),
            "--topic-prefix",
            topics.prefix(),
            "--state-dir",
            directory.resolve("state").toString(),
            "--artifacts",
            artifacts().toString()));
  }

  private JavaProcess launchWorker(int worker) {
    String name = workerName(worker);
    return launch(
        name,
        SlowWorker.class,
        List.of(
            bootstrapServers(),
            registry.url(),
            topics.prefix(),
            // shared, so that whoever gets a stage goes on where another left it
            directory.resolve("work").toString(),
            Integer.toString(slots),
            directory.toString()));
  }

  private static String workerName(int worker) {
    return "worker-" + worker;
  }

  private URI artifacts() {
    return directory.resolve("artifacts").toUri();
  }

  private JavaProcess launch(String name, Class<?> main, List<String> arguments) {
    started.put(name, Instant.now());
    return JavaProcess.start(
        new JavaProcess.Launch(
            name,
            SERVICE_HEAP,
            List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Despalier.log.level=INFO"),
            Distribution.current().classPath(),
            main.getName(),
            arguments,
            directory.resolve(name + ".log")));
  }

  @Override
  public void close() {
    workers.forEach(JavaProcess::kill);
    coordinator.kill();
    registry.close();
    broker.kill();
  }
}
