package io.espalier.standalone.command;

import io.espalier.standalone.client.Address;
import io.espalier.standalone.local.AllowedRoots;
import io.espalier.standalone.local.Connection;
import io.espalier.standalone.local.CurrentStack;
import io.espalier.standalone.local.UserDirectories;
import io.espalier.standalone.model.DataUri;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How to reach a running system. */
final class ConnectionOptions {
  @Option(
      names = "--bootstrap-servers",
      paramLabel = "HOST:PORT",
      description =
          "Kafka's address. Default: ESPALIER_BOOTSTRAP_SERVERS, else that of `espalier up` on this"
              + " machine, else localhost:9092.")
  private @Nullable String bootstrapServers;

  @Option(
      names = "--registry-url",
      paramLabel = "URL",
      description =
          "The schema registry's address. Default: ESPALIER_REGISTRY_URL, else that of `espalier"
              + " up` on this machine, else http://localhost:8081.")
  private @Nullable String registryUrl;

  @Option(
      names = "--topic-prefix",
      paramLabel = "PREFIX",
      description =
          "Put before every topic name. Default: ESPALIER_TOPIC_PREFIX, else 'espalier.'.")
  private @Nullable String topicPrefix;

  @Option(
      names = "--connect-timeout",
      paramLabel = "SECONDS",
      defaultValue = "6",
      description = "How long the brokers may take to answer. Default: ${DEFAULT-VALUE}.")
  private int waitSeconds;

  /**
   * Where the system is.
   *
   * @throws io.espalier.standalone.client.UnreachableException if it is that of {@code up}, which
   *     does not run
   */
  Address address() {
    return connection().address();
  }

  /**
   * Lets the worker of {@code up} read what this user names; the workers of any other system have
   * rules of their own.
   *
   * @param named models and data, as paths or URIs
   */
  void allow(Collection<String> named) {
    connection()
        .stack()
        .ifPresent(stack -> AllowedRoots.allow(stack, named.stream().map(DataUri::of).toList()));
  }

  private Connection connection() {
    var wanted =
        new Connection.Wanted(
            Optional.ofNullable(bootstrapServers),
            Optional.ofNullable(registryUrl),
            Optional.ofNullable(topicPrefix));
    return Connection.choose(
        wanted.or(System.getenv()),
        CurrentStack.of(UserDirectories.current()).directory(),
        Duration.ofSeconds(Math.max(1, waitSeconds)));
  }
}
