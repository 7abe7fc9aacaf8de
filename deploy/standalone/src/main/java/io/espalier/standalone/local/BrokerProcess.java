package io.espalier.standalone.local;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * Main class of a single-node KRaft broker: {@code BrokerProcess DIRECTORY PORT CONTROLLER_PORT}.
 * Formats the directory the first time and goes on with what is there afterwards.
 */
public final class BrokerProcess {
  private BrokerProcess() {}

  /** Runs the broker until the JVM is asked to end. */
  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    if (!Files.exists(directory.resolve("meta.properties"))) {
      format(directory);
    }
    int port = Integer.parseInt(arguments[1]);
    int controllerPort = Integer.parseInt(arguments[2]);
    var server =
        new KafkaRaftServer(
            KafkaConfig.fromProps(settings(directory, port, controllerPort)), Time.SYSTEM);
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "stop-broker"));
    server.startup();
    server.awaitShutdown();
  }

  private static void format(Path directory) throws Exception {
    Files.createDirectories(directory);
    new Formatter()
        .setNodeId(1)
        .setClusterId(Uuid.randomUuid().toString())
        .addDirectory(directory.toString())
        .setMetadataLogDirectory(directory.toString())
        .setControllerListenerName("CONTROLLER")
        .setReleaseVersion(MetadataVersion.latestProduction())
        .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
        .run();
  }

  private static Properties settings(Path directory, int port, int controllerPort) {
    var settings = new Properties();
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", "1");
    settings.put("log.dirs", directory.toString());
    settings.put("controller.quorum.voters", "1@localhost:" + controllerPort);
    settings.put("controller.listener.names", "CONTROLLER");
    settings.put(
        "listeners",
        String.format(
            Locale.ROOT,
            "PLAINTEXT://localhost:%d,CONTROLLER://localhost:%d",
            port,
            controllerPort));
    settings.put("advertised.listeners", "PLAINTEXT://localhost:" + port);
    settings.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    settings.put("inter.broker.listener.name", "PLAINTEXT");
    // Topics are created by `setup` with their partitions; a misspelt name must not make another.
    settings.put("auto.create.topics.enable", "false");
    oneReplica(settings);
    return settings;
  }

  /** The internal topics of a single node cannot have three replicas, their default. */
  private static void oneReplica(Properties settings) {
    settings.put("offsets.topic.replication.factor", "1");
    settings.put("offsets.topic.num.partitions", "4");
    settings.put("default.replication.factor", "1");
    settings.put("min.insync.replicas", "1");
    for (String topic : new String[] {"transaction.state.log", "share.coordinator.state.topic"}) {
      settings.put(topic + ".replication.factor", "1");
      settings.put(topic + ".min.isr", "1");
      settings.put(topic + ".num.partitions", "4");
    }
    settings.put("group.initial.rebalance.delay.ms", "0");
  }
}
