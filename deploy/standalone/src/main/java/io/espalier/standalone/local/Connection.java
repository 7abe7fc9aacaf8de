package io.espalier.standalone.local;

import io.espalier.schemas.Topics;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.UnreachableException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The system that a client talks to. An option wins over the environment, and that over what {@code
 * up} started last on this machine, which is taken as a whole or not at all: its broker with
 * another's registry would be of no use.
 *
 * @param address where it is
 * @param stack the directory of {@code up} on this machine, if it is that
 */
public record Connection(Address address, Optional<Path> stack) {
  private static final String USUAL_BROKER = "localhost:9092";
  private static final String USUAL_REGISTRY = "http://localhost:8081";

  /**
   * Person's options for it.
   *
   * @param bootstrapServers Kafka's bootstrap servers
   * @param registryUrl base address of the schema registry
   * @param topicPrefix put before every topic name
   */
  public record Wanted(
      Optional<String> bootstrapServers,
      Optional<String> registryUrl,
      Optional<String> topicPrefix) {
    /** The same, completed by the variables of an environment; empty ones count as not set. */
    public Wanted or(Map<String, String> environment) {
      return new Wanted(
          bootstrapServers.or(() -> value(environment, "ESPALIER_BOOTSTRAP_SERVERS")),
          registryUrl.or(() -> value(environment, "ESPALIER_REGISTRY_URL")),
          topicPrefix.or(() -> value(environment, "ESPALIER_TOPIC_PREFIX")));
    }

    private static Optional<String> value(Map<String, String> environment, String variable) {
      return Optional.ofNullable(environment.get(variable)).filter(text -> !text.isBlank());
    }

    private boolean saysWhere() {
      return bootstrapServers.isPresent() || registryUrl.isPresent();
    }

    private boolean means(Address address) {
      return bootstrapServers.orElse(address.bootstrapServers()).equals(address.bootstrapServers())
          && registryUrl.orElse(address.registryUrl()).equals(address.registryUrl())
          && topicPrefix.orElse(address.topicPrefix()).equals(address.topicPrefix());
    }
  }

  /**
   * The system that is meant.
   *
   * @param current the directory of what {@code up} started last, if there is any
   * @param patience how long its brokers may take to answer
   * @throws UnreachableException if that is meant and does not run
   */
  public static Connection choose(Wanted wanted, Optional<Path> current, Duration patience) {
    Optional<StackRecord> running =
        current.flatMap(directory -> new StackFile(directory).running());
    Optional<Address> local = running.map(StackRecord::address).filter(wanted::means);
    if (local.isPresent()) {
      return new Connection(with(local.get(), patience), current);
    }
    if (current.isPresent() && running.isEmpty() && !wanted.saysWhere()) {
      throw new UnreachableException(notUp(current.get()));
    }
    var address =
        new Address(
            wanted.bootstrapServers().orElse(USUAL_BROKER),
            wanted.registryUrl().orElse(USUAL_REGISTRY),
            wanted.topicPrefix().orElse(Topics.DEFAULT_PREFIX),
            patience);
    return new Connection(address, Optional.empty());
  }

  private static Address with(Address found, Duration patience) {
    return new Address(
        found.bootstrapServers(), found.registryUrl(), found.topicPrefix(), patience);
  }

  private static String notUp(Path directory) {
    return "`up` is not running any more in %s: %s. Start it again by `espalier up --dir %s`, or name another system by --bootstrap-servers and --registry-url (ESPALIER_BOOTSTRAP_SERVERS, ESPALIER_REGISTRY_URL)."
        .formatted(
            directory,
            new StackFile(directory)
                .read()
                .map(
                    stack ->
                        "its process %d of %s is gone"
                            .formatted(stack.owner().id(), stack.owner().since()))
                .orElse("nothing there says who runs it"),
            directory);
  }
}
