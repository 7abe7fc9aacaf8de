package io.espalier.standalone.command;

import io.espalier.schemas.policy.Policy;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.local.AllowedRoots;
import io.espalier.standalone.local.Connection;
import io.espalier.standalone.local.CurrentStack;
import io.espalier.standalone.local.UserDirectories;
import io.espalier.standalone.model.DataUri;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Address of a running system. */
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
   * Returns where the system is.
   *
   * @throws io.espalier.standalone.client.UnreachableException if it is that of {@code up}, which
   *     does not run
   */
  Address address() {
    return connection().address();
  }

  /**
   * Lets the worker of {@code up} read a model and data that this user registers; the workers of
   * any other system have rules of their own.
   *
   * @param data as paths or URIs
   */
  void allow(Path model, Collection<String> data) {
    allow(Stream.concat(Stream.of(model.toString()), data.stream()));
  }

  /** The same for the data that policies name. */
  void allow(List<Policy> policies) {
    allow(policies.stream().flatMap(policy -> policy.toAvro(0).getData().values().stream()));
  }

  private void allow(Stream<String> named) {
    connection()
        .stack()
        .ifPresent(stack -> AllowedRoots.allow(stack, named.map(DataUri::of).toList()));
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
