package io.espalier.standalone.command;

import io.espalier.standalone.client.Address;
import java.time.Duration;
import picocli.CommandLine.Option;

/** How to reach a running system. */
final class ConnectionOptions {
  @Option(
      names = "--bootstrap-servers",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:ESPALIER_BOOTSTRAP_SERVERS:-localhost:9092}",
      description = "Kafka's address. Default: ESPALIER_BOOTSTRAP_SERVERS, else localhost:9092.")
  private String bootstrapServers = "";

  @Option(
      names = "--registry-url",
      paramLabel = "URL",
      defaultValue = "${env:ESPALIER_REGISTRY_URL:-http://localhost:8081}",
      description =
          "The schema registry's address. Default: ESPALIER_REGISTRY_URL, else"
              + " http://localhost:8081.")
  private String registryUrl = "";

  @Option(
      names = "--topic-prefix",
      paramLabel = "PREFIX",
      defaultValue = "${env:ESPALIER_TOPIC_PREFIX:-espalier.}",
      description =
          "Put before every topic name. Default: ESPALIER_TOPIC_PREFIX, else 'espalier.'.")
  private String topicPrefix = "";

  @Option(
      names = "--connect-timeout",
      paramLabel = "SECONDS",
      defaultValue = "6",
      description = "How long the brokers may take to answer. Default: ${DEFAULT-VALUE}.")
  private int waitSeconds;

  Address address() {
    return new Address(
        bootstrapServers, registryUrl, topicPrefix, Duration.ofSeconds(Math.max(1, waitSeconds)));
  }
}
