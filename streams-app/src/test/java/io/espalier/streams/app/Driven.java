package io.espalier.streams.app;

import io.espalier.event.Artifact;
import io.espalier.event.ArtifactFile;
import io.espalier.event.BudgetForecast;
import io.espalier.event.CancelRun;
import io.espalier.event.ClosedAttempts;
import io.espalier.event.FailureKind;
import io.espalier.event.Gate;
import io.espalier.event.Metric;
import io.espalier.event.ModelRegistered;
import io.espalier.event.ModelRejected;
import io.espalier.event.OnGateFailure;
import io.espalier.event.PolicyMatch;
import io.espalier.event.PrunedModel;
import io.espalier.event.PruningPolicy;
import io.espalier.event.RegistrationAnswer;
import io.espalier.event.RetryRun;
import io.espalier.event.Run;
import io.espalier.event.RunRequest;
import io.espalier.event.RunningStage;
import io.espalier.event.StageCommand;
import io.espalier.event.StageCost;
import io.espalier.event.StageEvent;
import io.espalier.event.StageFailed;
import io.espalier.event.StageKind;
import io.espalier.event.StageProgressed;
import io.espalier.event.StageReport;
import io.espalier.event.StageSpec;
import io.espalier.event.StageStarted;
import io.espalier.event.StageSucceeded;
import io.espalier.event.WorkerHeartbeat;
import io.espalier.fact.ChangeFacts;
import io.espalier.schemas.FactsMapping;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.schemas.stage.StageDeclarations;
import io.espalier.streams.domain.run.Deliveries;
import io.espalier.streams.domain.run.KeptRun;
import io.espalier.streams.domain.run.RunAttempts;
import io.espalier.streams.domain.stage.StageAttempt;
import io.espalier.streams.topology.InputTimes;
import io.espalier.streams.topology.RecentRegistrations.Registered;
import io.espalier.streams.topology.TopologySettings.Outside;
import io.espalier.streams.wire.CoordinatorTopics;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;

/** The coordinator's topology with its production settings, driven record by record. */
final class Driven implements AutoCloseable {
  static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  static final String DIGEST = "ab".repeat(32);
  static final String LISTING = "98".repeat(32);

  final CoordinatorConfig config;
  final Topics topics;
  final Topology topology;
  final Set<String> poolsWithoutTopic = new HashSet<>();
  Instant heardUntil = Instant.MAX;
  Optional<Instant> writtenSince = Optional.empty();
  Duration workersAhead = Duration.ZERO;
  private int tokens;
  private Instant now = START;
  private final TopologyTestDriver driver;
  private final TestOutputTopic<String, StageCommand> commands;
  private final TestOutputTopic<String, Run> runs;
  private final TestOutputTopic<String, PrunedModel> pruned;
  private final TestOutputTopic<String, ModelRejected> rejected;
  private final TestOutputTopic<byte[], byte[]> deadLetters;
  private final TestOutputTopic<String, RegistrationAnswer> answers;
  private final TestOutputTopic<String, ClosedAttempts> closed;

  Driven(Path stateDirectory) {
    this(stateDirectory, 1);
  }

  /** The driver has one partition, whatever the topology is told. */
  Driven(Path stateDirectory, int partitions) {
    this(stateDirectory, partitions, List.of());
  }

  /** Goes on with what an earlier life has met. */
  Driven(Path stateDirectory, int partitions, List<Registered> earlier) {
    this(
        stateDirectory,
        partitions,
        earlier,
        SchemaRegistry.inMemory(UUID.randomUUID().toString()),
        StageDeclarations.standard());
  }

  private Driven(
      Path stateDirectory,
      int partitions,
      List<Registered> earlier,
      SchemaRegistry registry,
      StageDeclarations stages) {
    config =
        CoordinatorConfig.of(
            "nowhere:9092", registry, stateDirectory, URI.create("file:///artifacts/"));
    topics = config.topics();
    Properties properties = StreamsSettings.of(config);
    var outside =
        new Outside(
            pool -> !poolsWithoutTopic.contains(pool),
            inputs(),
            (partition, since) -> earlier,
            () -> "token-" + tokens++);
    topology =
        Coordinator.topology(
            new CoordinatorTopics(topics),
            Coordinator.settings(config, stages, partitions, outside),
            properties);
    // The driver shows nothing of a transaction in which no record was processed, such as one with
    // nothing but a dead letter; real transactions are for tests with a broker.
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
    driver = new TopologyTestDriver(topology, properties, START);
    commands = output(topics.stageCommands("default"));
    runs = output(topics.runs());
    pruned = output(topics.prunedModel());
    rejected = output(topics.modelRejected());
    answers = output(topics.registrationAnswers());
    closed = output(topics.closedAttempts());
    deadLetters =
        driver.createOutputTopic(
            topics.deadLetters(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** Everything is read as it comes, unless a test says otherwise. */
  private InputTimes inputs() {
    return new InputTimes() {
      @Override
      public Instant heardUntil(int partition) {
        return heardUntil;
      }

      @Override
      public Instant writtenSince(TopicPartition partition, long offset) {
        return writtenSince.orElse(now);
      }
    };
  }

  /** With a registry that no connection can be made to. */
  static Driven withoutRegistry(Path stateDirectory) {
    return new Driven(
        stateDirectory,
        1,
        List.of(),
        SchemaRegistry.at("http://127.0.0.1:1"),
        StageDeclarations.standard());
  }

  /** With other kinds of stages than those of this version. */
  static Driven knowing(StageDeclarations stages, Path stateDirectory) {
    SchemaRegistry registry = SchemaRegistry.inMemory(UUID.randomUUID().toString());
    return new Driven(stateDirectory, 1, List.of(), registry, stages);
  }

  static PruningPolicy policy(String name) {
    PruningPolicy policy = new PruningPolicy();
    policy.setName(name);
    policy.setGeneration(1L);
    policy.setMatch(new PolicyMatch(null, List.of(), List.of(), Map.of()));
    policy.setData(Map.of());
    policy.setStages(List.of(new StageSpec(StageKind.PRUNE, "{\"algorithm\":\"fastnas\"}", "")));
    policy.setGates(List.<Gate>of());
    policy.setOnGateFailure(OnGateFailure.REJECT);
    policy.setPool("default");
    policy.setPriority(0);
    policy.setMaxAttempts(3);
    policy.setBackoffMillis(30_000L);
    policy.setDeadlineMillis(Duration.ofHours(6).toMillis());
    policy.setSeed(7L);
    policy.setMaxGeneration(0);
    return policy;
  }

  static ModelRegistered model(String name) {
    ModelRegistered model = new ModelRegistered();
    model.setName(name);
    model.setVersion("1");
    model.setArtifactUri("file:///models/" + name);
    model.setRootDigest(DIGEST);
    model.setTask("image-classification");
    model.setFamily("resnet");
    model.setDatasets(Map.of("train", "file:///data/train"));
    model.setLabels(Map.of("tier", "edge"));
    model.setSource("test");
    model.setTenant("vision");
    model.setGeneration(0);
    model.setRegisteredAt(START);
    return model;
  }

  static Artifact artifact(String uri) {
    return new Artifact(
        uri,
        "cd".repeat(32),
        LISTING,
        1000L,
        List.of(new ArtifactFile("m", 1000L, "ef".repeat(32))),
        1,
        null);
  }

  void apply(PruningPolicy policy) {
    send(topics.pruningPolicies(), policy.getName(), policy, new RecordHeaders());
  }

  /** By a client whose clock says so. */
  void applyAt(Instant at, PruningPolicy policy) {
    send(topics.pruningPolicies(), policy.getName(), policy, new RecordHeaders(), at);
  }

  /** A policy that is applied now, but becomes known only after something else. */
  void applyLate(PruningPolicy policy, Runnable before) {
    Instant applied = now;
    before.run();
    Instant later = now;
    now = applied;
    apply(policy);
    now = later;
  }

  /** A registration as a task finds it that was not there when it came. */
  Registered registeredEarlier(ModelRegistered model) {
    Topic<ModelRegistered> topic = topics.modelRegistered();
    byte[] bytes = topic.values().serializer().serialize(topic.name(), model);
    return new Registered(
        new CoordinatorTopics(topics)
            .modelRegistered()
            .values()
            .deserializer()
            .deserialize(topic.name(), bytes),
        now,
        "");
  }

  void register(ModelRegistered model) {
    register(model, new RecordHeaders());
  }

  /** By a client whose clock says so. */
  void registerAt(Instant at, ModelRegistered model) {
    send(topics.modelRegistered(), model.getName(), model, new RecordHeaders(), at);
  }

  void register(ModelRegistered model, Headers headers) {
    send(topics.modelRegistered(), model.getName(), model, headers);
  }

  void heartbeat(String worker, int slots) {
    heartbeat("default", worker, slots);
  }

  void heartbeat(String pool, String worker, int slots) {
    heartbeat(pool, worker, slots, List.of());
  }

  void heartbeat(String pool, String worker, int slots, List<StageCommand> holds) {
    List<RunningStage> running =
        holds.stream()
            .map(c -> new RunningStage(c.getRunId(), c.getStageIndex(), c.getAttempt(), true, 1))
            .toList();
    Instant said = now.plus(workersAhead);
    send(
        topics.workerHeartbeats(),
        pool,
        new WorkerHeartbeat(worker, pool, said, slots, List.of(), running, 0, null),
        new RecordHeaders(),
        said);
  }

  void started(StageCommand command, String worker) {
    report(command, worker, new StageStarted(1, "cpu"));
  }

  void progressed(StageCommand command, String worker) {
    report(command, worker, new StageProgressed("search", 1L, 2L, null, Map.of()));
  }

  void succeeded(StageCommand command, String worker, Metric... metrics) {
    succeeded(command, worker, null, metrics);
  }

  void succeeded(
      StageCommand command, String worker, @Nullable BudgetForecast forecast, Metric... metrics) {
    StageReport report =
        new StageReport(
            "fastnas",
            "1",
            Map.of(),
            List.of(metrics),
            List.of("timm"),
            new StageCost(5L, "cpu", null, false),
            forecast,
            FactsMapping.toAvro(ChangeFacts.NONE));
    report(command, worker, new StageSucceeded(published(command), report));
  }

  /** A stage says that this is its output. */
  void succeeded(StageCommand command, String worker, Artifact output) {
    StageReport report =
        new StageReport(
            "fastnas",
            "1",
            Map.of(),
            List.of(),
            List.of("timm"),
            new StageCost(5L, "cpu", null, false),
            null,
            FactsMapping.toAvro(ChangeFacts.NONE));
    report(command, worker, new StageSucceeded(output, report));
  }

  /** Returns what a worker publishes for a command. */
  static Artifact published(StageCommand command) {
    return artifact(
        "%s/attempt-%d-cdcdcdcdcdcd/".formatted(command.getOutputUri(), command.getAttempt()));
  }

  void failed(StageCommand command, FailureKind kind, boolean retryable) {
    report(command, "w1", new StageFailed(kind, "because", retryable));
  }

  void retry(String runId) {
    send(
        topics.runRequests(),
        runId,
        new RunRequest(runId, "someone", START, new RetryRun("the disk is free again")),
        new RecordHeaders());
  }

  void cancel(String runId) {
    send(
        topics.runRequests(),
        runId,
        new RunRequest(runId, "someone", START, new CancelRun("changed my mind")),
        new RecordHeaders());
  }

  <V> void send(Topic<V> topic, String key, V value, Headers headers) {
    send(topic, key, value, headers, now);
  }

  private <V> void send(Topic<V> topic, String key, V value, Headers headers, Instant at) {
    driver
        .createInputTopic(topic.name(), new StringSerializer(), topic.values().serializer())
        .pipeInput(new TestRecord<>(key, value, headers, at));
  }

  void sendBytes(String topic, String key, byte[] bytes) {
    driver
        .createInputTopic(topic, new StringSerializer(), new ByteArraySerializer())
        .pipeInput(key, bytes, now);
  }

  void wait(Duration time) {
    now = now.plus(time);
    driver.advanceWallClockTime(time);
  }

  /** Returns what the coordinator keeps of a run. */
  Object kept(String runId) {
    return driver.getKeyValueStore("runs").get(runId);
  }

  /** Puts a run in the store that cannot be gone on with, as a mistake of a version would. */
  void keepAtNoStage(String runId) {
    KeyValueStore<String, KeptRun> runs = driver.getKeyValueStore("runs");
    var run = runs.get(runId).going().orElseThrow();
    var beyond =
        new RunAttempts(new StageAttempt(7, 1), 1, 0, 0, 1, "token", new Deliveries(List.of()));
    runs.put(
        runId,
        KeptRun.of(
            new io.espalier.streams.domain.run.Run(
                run.id(), run.plan(), run.state(), beyond, run.outcomes(), run.history())));
  }

  /** Returns what a metric of the coordinator's own says. */
  double metric(String name) {
    return driver.metrics().entrySet().stream()
        .filter(metric -> metric.getKey().group().equals("espalier-runs"))
        .filter(metric -> metric.getKey().name().equals(name))
        .mapToDouble(metric -> (double) metric.getValue().metricValue())
        .sum();
  }

  List<StageCommand> commands() {
    return commands.readValuesToList();
  }

  List<TestRecord<String, StageCommand>> commandRecords() {
    return commands.readRecordsToList();
  }

  List<String> states() {
    List<String> states = new ArrayList<>();
    runs.readValuesToList().forEach(run -> states.add(run.getState().name()));
    return states;
  }

  List<TestRecord<String, Run>> runRecords() {
    return runs.readRecordsToList();
  }

  List<TestRecord<String, PrunedModel>> pruned() {
    return pruned.readRecordsToList();
  }

  List<TestRecord<String, ModelRejected>> rejected() {
    return rejected.readRecordsToList();
  }

  List<TestRecord<byte[], byte[]>> deadLetters() {
    return deadLetters.readRecordsToList();
  }

  @Override
  public void close() {
    driver.close();
  }

  List<RegistrationAnswer> answers() {
    return answers.readValuesToList();
  }

  List<ClosedAttempts> closed() {
    return closed.readValuesToList();
  }

  /** Number of records on a topic of the coordinator's own since the last look. */
  int written(String internalTopic) {
    return driver
        .createOutputTopic(
            config.applicationId() + "-" + internalTopic,
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())
        .readRecordsToList()
        .size();
  }

  void report(StageCommand command, String worker, Object detail) {
    send(
        topics.stageEvents(),
        command.getRunId(),
        new StageEvent(
            command.getRunId(),
            command.getStageIndex(),
            command.getAttempt(),
            worker,
            START,
            detail,
            command.getToken()),
        new RecordHeaders());
  }

  private <V> TestOutputTopic<String, V> output(Topic<V> topic) {
    return driver.createOutputTopic(
        topic.name(), new StringDeserializer(), topic.values().deserializer());
  }
}
