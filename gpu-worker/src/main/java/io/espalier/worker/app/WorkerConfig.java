package io.espalier.worker.app;

import io.espalier.schemas.ClientProperties;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.worker.kafka.claim.Lease;
import io.espalier.worker.kafka.work.InputRules;
import io.espalier.worker.kafka.work.StallLimits;
import io.espalier.worker.stage.job.ChildSettings;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Configuration of a worker; begin with {@link #of} and change what differs.
 *
 * @param bootstrapServers brokers, as {@code host:port,host:port}
 * @param registry where the schemas are
 * @param topicPrefix put before every topic name
 * @param pool the pool it serves
 * @param workDirectory for jobs, checkpoints, scores the cache of results and the worker's
 *     identity; kept over restarts, and several workers may share it
 * @param slots stages that it runs at the same time
 * @param child how the stages' own JVMs are started
 * @param lease how commands are leased; the same for every worker of a pool
 * @param stall how long a stage may show the same progress before it counts as hung
 * @param inputs what it reads on behalf of commands
 * @param store base of the artifact store, which is watched if it is known
 * @param clientProperties properties of every Kafka client that concern security: those that begin
 *     with {@code security.}, {@code sasl.} or {@code ssl.}
 */
public record WorkerConfig(
    String bootstrapServers,
    SchemaRegistry registry,
    String topicPrefix,
    String pool,
    Path workDirectory,
    int slots,
    ChildSettings child,
    Lease lease,
    StallLimits stall,
    InputRules inputs,
    Optional<URI> store,
    Map<String, Object> clientProperties) {
  /** A configuration; the map is copied. */
  public WorkerConfig {
    if (slots < 1) {
      throw new IllegalArgumentException("a worker needs at least 1 slot, but was given " + slots);
    }
    clientProperties = Map.copyOf(clientProperties);
    Optional<String> problem = ClientProperties.problem(clientProperties.keySet());
    if (problem.isPresent()) {
      throw new IllegalArgumentException(problem.get());
    }
  }

  /** A worker with one slot and as many threads as there are processors. */
  public static WorkerConfig of(
      String bootstrapServers, String registryUrl, String pool, Path workDirectory) {
    return new WorkerConfig(
        bootstrapServers,
        SchemaRegistry.at(registryUrl),
        Topics.DEFAULT_PREFIX,
        pool,
        workDirectory,
        1,
        ChildSettings.of(
            StageHeaps.local().mebibytes(1), Runtime.getRuntime().availableProcessors()),
        Lease.STANDARD,
        StallLimits.STANDARD,
        InputRules.STANDARD,
        Optional.empty(),
        Map.of());
  }

  /** The same with another registry. */
  public WorkerConfig withRegistry(SchemaRegistry other) {
    return new WorkerConfig(
        bootstrapServers,
        other,
        topicPrefix,
        pool,
        workDirectory,
        slots,
        child,
        lease,
        stall,
        inputs,
        store,
        clientProperties);
  }

  /** The same with another topic prefix. */
  public WorkerConfig withTopicPrefix(String other) {
    return new WorkerConfig(
        bootstrapServers,
        registry,
        other,
        pool,
        workDirectory,
        slots,
        child,
        lease,
        stall,
        inputs,
        store,
        clientProperties);
  }

  /** The same with another number of slots, each of which has the whole configured heap. */
  public WorkerConfig withSlots(int other) {
    return new WorkerConfig(
        bootstrapServers,
        registry,
        topicPrefix,
        pool,
        workDirectory,
        other,
        child,
        lease,
        stall,
        inputs,
        store,
        clientProperties);
  }

  /** The same with other child JVMs. */
  public WorkerConfig withChild(ChildSettings other) {
    return new WorkerConfig(
        bootstrapServers,
        registry,
        topicPrefix,
        pool,
        workDirectory,
        slots,
        other,
        lease,
        stall,
        inputs,
        store,
        clientProperties);
  }

  /** The same with other limits to standing still. */
  public WorkerConfig withStall(StallLimits other) {
    return new WorkerConfig(
        bootstrapServers,
        registry,
        topicPrefix,
        pool,
        workDirectory,
        slots,
        child,
        lease,
        other,
        inputs,
        store,
        clientProperties);
  }

  /** The same with other rules on what it may read. */
  public WorkerConfig withInputs(InputRules other) {
    return new WorkerConfig(
        bootstrapServers,
        registry,
        topicPrefix,
        pool,
        workDirectory,
        slots,
        child,
        lease,
        stall,
        other,
        store,
        clientProperties);
  }

  /** The same with an artifact store to watch. */
  public WorkerConfig withStore(URI base) {
    return new WorkerConfig(
        bootstrapServers,
        registry,
        topicPrefix,
        pool,
        workDirectory,
        slots,
        child,
        lease,
        stall,
        inputs,
        Optional.of(base),
        clientProperties);
  }

  /** The same with other properties of the Kafka clients, all of which concern security. */
  public WorkerConfig withClientProperties(Map<String, Object> other) {
    return new WorkerConfig(
        bootstrapServers,
        registry,
        topicPrefix,
        pool,
        workDirectory,
        slots,
        child,
        lease,
        stall,
        inputs,
        store,
        other);
  }

  /** Properties of every Kafka client. */
  Map<String, Object> clients() {
    Map<String, Object> properties = new HashMap<>(clientProperties);
    properties.put("bootstrap.servers", bootstrapServers);
    return properties;
  }
}
