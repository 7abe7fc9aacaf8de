package io.espalier.it;

import static org.awaitility.Awaitility.await;

import io.espalier.standalone.local.Ports;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A broker in a container, with the settings of the process that users start. Its port on this
 * machine is bound once, so that its address stays the same when it is killed and started again.
 */
final class ContainerBroker implements Broker {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final int PROBE_MILLIS = 2_000;
  private static final int PORT = 9092;
  private static final String SHARE_STATE = "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_";

  private final KafkaContainer container;

  private ContainerBroker(KafkaContainer container) {
    this.container = container;
  }

  /**
   * Starts a broker and waits until it answers.
   *
   * @param directory for its log {@code broker.log}; its data stay in the container
   */
  static Broker start(Path directory) {
    DockerImageName image =
        DockerImageName.parse(Images.KAFKA).asCompatibleSubstituteFor("apache/kafka");
    KafkaContainer container =
        new KafkaContainer(image)
            .withStartupTimeout(START_LIMIT)
            .withLogConsumer(new ContainerLog(directory.resolve("broker.log")))
            .withEnv(settings());
    container.setPortBindings(List.of("%d:%d".formatted(Ports.ANY.require().broker(), PORT)));
    container.start();
    return new ContainerBroker(container);
  }

  /** Settings that differ from what Testcontainers gives: internal topics of one node, and few. */
  private static Map<String, String> settings() {
    return Map.of(
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE",
        "false",
        "KAFKA_DEFAULT_REPLICATION_FACTOR",
        "1",
        "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS",
        "4",
        "KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS",
        "4",
        SHARE_STATE + "REPLICATION_FACTOR",
        "1",
        SHARE_STATE + "MIN_ISR",
        "1",
        SHARE_STATE + "NUM_PARTITIONS",
        "4");
  }

  @Override
  public String bootstrapServers() {
    return "localhost:" + container.getMappedPort(PORT);
  }

  @Override
  public void kill() {
    container.getDockerClient().killContainerCmd(container.getContainerId()).exec();
    await().atMost(START_LIMIT).until(() -> !container.isRunning());
  }

  @Override
  public void restart() {
    container.getDockerClient().startContainerCmd(container.getContainerId()).exec();
    await().atMost(START_LIMIT).until(this::answers);
  }

  private boolean answers() throws InterruptedException {
    Map<String, Object> probe =
        Map.of(
            "bootstrap.servers", bootstrapServers(),
            "request.timeout.ms", PROBE_MILLIS,
            "default.api.timeout.ms", PROBE_MILLIS);
    try (Admin admin = Admin.create(probe)) {
      return !admin.describeCluster().nodes().get(PROBE_MILLIS, TimeUnit.MILLISECONDS).isEmpty();
    } catch (ExecutionException | TimeoutException notYet) {
      return false;
    }
  }

  @Override
  public void close() {
    container.stop();
  }
}
