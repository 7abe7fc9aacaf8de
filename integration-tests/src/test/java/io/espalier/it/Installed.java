package io.espalier.it;

import io.espalier.event.Gate;
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
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.local.Distribution;
import io.espalier.standalone.local.JavaProcess;
import io.espalier.standalone.local.Services;
import io.espalier.worker.checkpoint.store.StoreMarker;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * An installation of its own on the shared broker: topics, coordinator and workers as processes,
 * and what users do.
 */
final class Installed implements AutoCloseable {
  private static final int SERVICE_HEAP = 256;
  private static final int PARTITIONS = 2;

  private final Backbone backbone = Backbone.shared();
  private final String name;
  private final Topics topics;
  private final List<JavaProcess> processes = new ArrayList<>();

  private Installed(String name) {
    this.name = name;
    SchemaRegistry registry = SchemaRegistry.at(backbone.registryUrl());
    topics = new Topics(name + ".", registry, PARTITIONS);
    try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", bootstrap()))) {
      new Installation(topics, registry, List.of("default")).setUp(admin, (short) 1);
    }
    StoreMarker.write(artifacts());
  }

  static Installed as(String name) {
    return new Installed(name);
  }

  Topics topics() {
    return topics;
  }

  Broker broker() {
    return backbone.broker();
  }

  Path folder() {
    return backbone.folder(name);
  }

  /** Starts the coordinator; a second one goes on with the stores of the first. */
  JavaProcess startCoordinator() {
    return start(
        "streams",
        List.of(
            "--state-dir", folder().resolve("state").toString(),
            "--artifacts", artifacts().toString()));
  }

  /** Starts a worker with a work directory of its own. */
  JavaProcess startWorker(String worker) {
    return start(
        "worker",
        List.of(
            "--work-dir", folder().resolve(worker).toString(),
            "--heap", "512",
            "--artifacts", artifacts().toString(),
            "--allow-root", backbone.folder("").toString(),
            "--allow-root", TestReader.questions().getParent().toString()));
  }

  URI artifacts() {
    return folder().resolve("artifacts").toUri();
  }

  private JavaProcess start(String command, List<String> options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                command,
                "--bootstrap-servers",
                bootstrap(),
                "--registry-url",
                backbone.registryUrl(),
                "--topic-prefix",
                topics.prefix()));
    arguments.addAll(options);
    JavaProcess process =
        JavaProcess.start(
            new JavaProcess.Launch(
                command,
                SERVICE_HEAP,
                List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Despalier.log.level=INFO"),
                Distribution.current().classPath(),
                Main.class.getName(),
                arguments,
                folder().resolve(command + "-" + processes.size() + ".log")));
    processes.add(process);
    return process;
  }

  /**
   * Prunes models of a name to a share of their FLOPs, looking at so many images for each choice.
   */
  void applyPolicy(String modelName, String flops, int scoreImages) {
    applyPolicy(modelName, spec(flops, scoreImages), List.of());
  }

  /** Prunes models of a name as a specification says; what comes out must pass gates. */
  void applyPolicy(String modelName, String spec, List<Gate> gates) {
    apply(policy(modelName, spec).setGates(gates));
  }

  /** Prunes models of a name in a pool. */
  void applyPolicyToPool(String modelName, String pool) {
    apply(policy(modelName, spec("60%", 32)).setPool(pool));
  }

  private static PruningPolicy.Builder policy(String modelName, String spec) {
    return PruningPolicy.newBuilder()
        .setName("prune-" + modelName)
        .setGeneration(1)
        .setMatch(PolicyMatch.newBuilder().setNames(List.of(modelName)).build())
        .setStages(List.of(new StageSpec(StageKind.PRUNE, spec, "")))
        .setGates(List.of())
        .setBackoffMillis(500);
  }

  private void apply(PruningPolicy.Builder policy) {
    publish(topics.pruningPolicies(), policy.getName(), policy.build(), CloudEvent.POLICY_APPLIED);
  }

  /** Prunes to a bound of FLOPs, with some images for the scores. */
  static String spec(String flops, int scoreImages) {
    return """
    {"algorithm":"fastnas","batchSize":32,"calibrationBatches":1,"channelDivisor":8,\
    "constraints":{"flops":"%s"},"scoreImages":%d}\
    """
        .formatted(flops, scoreImages);
  }

  /** Registers a version of a model of images. */
  void register(String modelName, String version, Path artifact, Optional<String> rootDigest) {
    register(
        ModelRegistered.newBuilder()
            .setName(modelName)
            .setVersion(version)
            .setArtifactUri(artifact.toUri().toString())
            .setRootDigest(rootDigest.orElse(null))
            .setTask("image-classification")
            .setDatasets(Map.of("eval", TestModel.data().toUri() + "?split=test")));
  }

  /** Registers the model that answers questions. */
  void registerReader(String modelName) {
    register(
        ModelRegistered.newBuilder()
            .setName(modelName)
            .setVersion("1")
            .setArtifactUri(TestReader.trained().toUri().toString())
            .setTask("question-answering")
            .setDatasets(Map.of("eval", TestReader.questions().toUri().toString())));
  }

  /** Registers the small Llama that continues tales. */
  void registerTeller(String modelName) {
    register(
        ModelRegistered.newBuilder()
            .setName(modelName)
            .setVersion("1")
            .setArtifactUri(TestTeller.drawn().toUri().toString())
            .setTask("text-generation")
            .setDatasets(Map.of("eval", TestTeller.tales().toUri().toString())));
  }

  private void register(ModelRegistered.Builder model) {
    ModelRegistered registered = model.setRegisteredAt(Instant.now()).build();
    publish(
        topics.modelRegistered(), registered.getName(), registered, CloudEvent.MODEL_REGISTERED);
  }

  <V> void publish(Topic<V> topic, String key, V value, String type) {
    var event = new CloudEvent(key, "/integration-test", type, key, Instant.now());
    send(
        new ProducerRecord<>(
            topic.name(),
            null,
            key,
            topic.values().serializer().serialize(topic.name(), value),
            event.headers()));
  }

  /** Sends bytes as they are. */
  void send(ProducerRecord<String, byte[]> record) {
    send(record, Map.of());
  }

  /** Sends bytes as they are, with other settings of the producer. */
  void send(ProducerRecord<String, byte[]> record, Map<String, Object> other) {
    Map<String, Object> settings = new HashMap<>(other);
    settings.putAll(Map.of("bootstrap.servers", bootstrap(), "acks", "all"));
    try (var producer =
        new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
      producer.send(record).get();
    } catch (InterruptedException | ExecutionException failed) {
      throw new AssertionError("could not send to " + record.topic(), failed);
    }
  }

  /** Creates the topic in which the coordinator keeps the changes of a store. */
  String createChangelog(String store) {
    String changelog = "%s-%s-changelog".formatted(Services.applicationId(address()), store);
    var compacted = Map.of("cleanup.policy", "compact");
    try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", bootstrap()))) {
      var topic = new NewTopic(changelog, PARTITIONS, (short) 1).configs(compacted);
      admin.createTopics(List.of(topic)).all().get();
    } catch (InterruptedException | ExecutionException failed) {
      throw new AssertionError("could not create " + changelog, failed);
    }
    return changelog;
  }

  /** Changes a setting of a topic, as somebody might who does not know what it is for. */
  void alter(Topic<?> topic, String setting, String value) {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
    var change = new AlterConfigOp(new ConfigEntry(setting, value), AlterConfigOp.OpType.SET);
    try (Admin admin = Admin.create(Map.<String, Object>of("bootstrap.servers", bootstrap()))) {
      admin.incrementalAlterConfigs(Map.of(resource, List.of(change))).all().get();
    } catch (InterruptedException | ExecutionException failed) {
      throw new AssertionError("could not alter " + topic.name(), failed);
    }
  }

  /** Makes sure that every service that was started still runs. */
  void requireAlive() {
    processes.forEach(JavaProcess::requireAlive);
  }

  Address address() {
    return new Address(bootstrap(), backbone.registryUrl(), topics.prefix());
  }

  <V> EventLog<V> read(Topic<V> topic) {
    return EventLog.of(bootstrap(), topic);
  }

  EventLog<byte[]> readDeadLetters() {
    return EventLog.raw(bootstrap(), topics.deadLetters());
  }

  private String bootstrap() {
    return backbone.broker().bootstrapServers();
  }

  @Override
  public void close() {
    processes.forEach(JavaProcess::kill);
  }
}
