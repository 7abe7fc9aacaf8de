package io.espalier.standalone.client.topic;

import java.time.Duration;

/**
 * Address of a running system.
 *
 * @param bootstrapServers Kafka's bootstrap servers
 * @param registryUrl base address of the schema registry
 * @param topicPrefix put before every topic name
 * @param patience how long its brokers may take to answer
 */
public record Address(
    String bootstrapServers, String registryUrl, String topicPrefix, Duration patience) {
  private static final Duration USUAL_PATIENCE = Duration.ofSeconds(6);

  /** An address whose brokers answer within six seconds if they are there. */
  public Address(String bootstrapServers, String registryUrl, String topicPrefix) {
    this(bootstrapServers, registryUrl, topicPrefix, USUAL_PATIENCE);
  }
}
