package io.espalier.schemas;

import java.util.Collection;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The properties that an installation may set on every Kafka client: those that concern security.
 * All others are the system's own, since its guarantees rest on them.
 */
public final class ClientProperties {
  private ClientProperties() {}

  /** Returns what is wrong with properties of these names, in words; names the first of them. */
  public static Optional<String> problem(Collection<String> names) {
    return new TreeSet<>(names)
        .stream()
            .filter(ClientProperties::isForbidden)
            .findFirst()
            .map(
                "properties of the clients begin with security., sasl. or ssl., found %s"
                    ::formatted);
  }

  private static boolean isForbidden(String property) {
    return Stream.of("security.", "sasl.", "ssl.").noneMatch(property::startsWith);
  }
}
