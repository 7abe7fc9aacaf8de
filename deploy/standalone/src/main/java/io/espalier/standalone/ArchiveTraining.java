package io.espalier.standalone;

import io.espalier.event.CancelRun;
import io.espalier.event.RunRequest;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.standalone.command.Espalier;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Main class that does what clients do, so that the launcher can have their classes written down
 * and put into an archive of class data, from which later JVMs start in half the time. Needs no
 * running system: what only its answers would load is loaded by name.
 *
 * <p>Source: JEP 310, Application Class-Data Sharing.
 */
public final class ArchiveTraining {
  private static final List<String> OF_CLIENTS =
      List.of(
          "org/apache/kafka/clients/",
          "org/apache/kafka/common/",
          "org/apache/avro/",
          "com/fasterxml/jackson/",
          "io/confluent/",
          "io/espalier/event/",
          "io/espalier/schemas/",
          "io/espalier/standalone/");

  private static final String NOWHERE = "localhost:1";

  private ArchiveTraining() {}

  /** Asks a system that is not there, prints what it says to that, and ends. */
  public static void main(String[] arguments) throws Exception {
    Espalier.run("--help");
    Espalier.run(
        "runs",
        "list",
        "--bootstrap-servers",
        NOWHERE,
        "--registry-url",
        "http://" + NOWHERE,
        "--connect-timeout",
        "1");
    askBrokers();
    askRegistry();
    for (Path jar : jars(Path.of(System.getProperty("java.class.path")))) {
      load(jar);
    }
    System.exit(0);
  }

  private static void askBrokers() throws ClassNotFoundException {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", NOWHERE, "isolation.level", "read_committed");
    var partition = new TopicPartition("nowhere", 0);
    try (var consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      consumer.poll(Duration.ofMillis(100));
    }
    new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())
        .close(Duration.ZERO);
    Class.forName(Errors.class.getName()); // with its constants, which answers are made of
  }

  private static void askRegistry() {
    var topics = new Topics("espalier.", SchemaRegistry.at("http://" + NOWHERE), 1);
    var event = new RunRequest("none", "nobody", Instant.EPOCH, new CancelRun("none"));
    try {
      topics.runRequests().values().serializer().serialize("nowhere", event);
    } catch (RuntimeException noAnswer) {
      // as it should be
    }
  }

  /** The runnable jar and those that its manifest names. */
  private static List<Path> jars(Path runnable) throws IOException {
    try (var jar = new JarFile(runnable.toFile())) {
      String others = jar.getManifest().getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
      return Stream.concat(
              Stream.of(runnable),
              Stream.of(others.split(" ", -1)).map(runnable.toAbsolutePath()::resolveSibling))
          .filter(path -> path.toFile().isFile())
          .toList();
    }
  }

  private static void load(Path path) throws IOException {
    try (var jar = new JarFile(path.toFile())) {
      jar.stream()
          .map(entry -> entry.getName())
          .filter(name -> name.endsWith(".class"))
          .filter(name -> OF_CLIENTS.stream().anyMatch(name::startsWith))
          .forEach(ArchiveTraining::load);
    }
  }

  private static void load(String file) {
    String name = file.substring(0, file.length() - ".class".length()).replace('/', '.');
    try {
      Class.forName(name, false, ArchiveTraining.class.getClassLoader());
    } catch (ClassNotFoundException | LinkageError needsWhatIsNotThere) {
      // an optional part of a library, which no client uses
    }
  }
}
