package io.espalier.streams.app;

import io.espalier.schemas.ClientProperties;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Setup of a coordinator.
 *
 * @param bootstrapServers addresses of brokers
 * @param registry where the schemas are
 * @param topicPrefix put before every topic name
 * @param applicationId names the consumer group, the transactions and the internal topics; the same
 *     for all instances of an installation
 * @param stateDirectory where stores are kept; must outlive the process, or starting means reading
 *     them anew from the brokers
 * @param artifactsBase URI under which workers publish; a stage's output lies under {@code
 *     <base>/<model name>/<run id>/stage-<index>}
 * @param timing intervals
 * @param threads number of threads
 * @param clientProperties properties of every Kafka client that concern security: those that begin
 *     with {@code security.}, {@code sasl.} or {@code ssl.}
 */
public record CoordinatorConfig(
    String bootstrapServers,
    SchemaRegistry registry,
    String topicPrefix,
    String applicationId,
    Path stateDirectory,
    URI artifactsBase,
    CoordinatorTiming timing,
    int threads,
    Map<String, String> clientProperties) {
  /** Application id unless configured otherwise. */
  public static final String DEFAULT_APPLICATION_ID = "espalier-coordinator";

  public CoordinatorConfig {
    clientProperties = Map.copyOf(clientProperties);
    Optional<String> problem = ClientProperties.problem(clientProperties.keySet());
    if (problem.isPresent()) {
      throw new IllegalArgumentException(problem.get());
    }
    if (threads < 1) {
      throw new IllegalArgumentException("at least one thread is needed, found " + threads);
    }
  }

  /** A coordinator with default prefix, application id and timing, and one thread. */
  public static CoordinatorConfig of(
      String bootstrapServers, SchemaRegistry registry, Path stateDirectory, URI artifactsBase) {
    return new CoordinatorConfig(
        bootstrapServers,
        registry,
        Topics.DEFAULT_PREFIX,
        DEFAULT_APPLICATION_ID,
        stateDirectory,
        artifactsBase,
        CoordinatorTiming.DEFAULT,
        1,
        Map.of());
  }

  /** The same with another timing. */
  public CoordinatorConfig with(CoordinatorTiming other) {
    return new CoordinatorConfig(
        bootstrapServers,
        registry,
        topicPrefix,
        applicationId,
        stateDirectory,
        artifactsBase,
        other,
        threads,
        clientProperties);
  }

  /** The topics of the installation. */
  Topics topics() {
    return new Topics(topicPrefix, registry, Topics.DEFAULT_PARTITIONS);
  }
}
