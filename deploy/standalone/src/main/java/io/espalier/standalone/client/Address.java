package io.espalier.standalone.client;

/**
 * Where a running system is.
 *
 * @param bootstrapServers Kafka's bootstrap servers
 * @param registryUrl base address of the schema registry
 * @param topicPrefix put before every topic name
 */
public record Address(String bootstrapServers, String registryUrl, String topicPrefix) {}
