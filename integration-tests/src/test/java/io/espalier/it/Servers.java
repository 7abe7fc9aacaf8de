package io.espalier.it;

import io.espalier.standalone.local.LocalRegistry;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Ways to run the broker and the schema registry that tests stand on. The property {@value
 * #PROPERTY} says which: {@code docker}, {@code process}, or {@code auto} for containers where an
 * engine answers and has the images.
 */
enum Servers {
  /** Containers of the images that {@code deploy/images/build} makes. */
  DOCKER {
    @Override
    Broker startBroker(Path directory) {
      return ContainerBroker.start(directory);
    }

    @Override
    String startRegistry(Path directory) {
      return ContainerRegistry.start(directory);
    }
  },

  /** JVMs of their own, from Maven's jars. */
  PROCESS {
    @Override
    Broker startBroker(Path directory) {
      return ProcessBroker.start(directory);
    }

    @Override
    String startRegistry(Path directory) {
      return LocalRegistry.start(directory).url();
    }
  };

  static final String PROPERTY = "espalier.broker";
  private static final String AUTO = "auto";

  /** Starts a broker whose data and log lie in a directory, as far as they can. */
  abstract Broker startBroker(Path directory);

  /** Starts a schema registry; it ends with this JVM. Returns its address. */
  abstract String startRegistry(Path directory);

  /** Returns what the property names, if it does not leave the choice. */
  static Optional<Servers> asked() {
    String asked = System.getProperty(PROPERTY, AUTO);
    return asked.equals(AUTO)
        ? Optional.empty()
        : Optional.of(valueOf(asked.toUpperCase(Locale.ROOT)));
  }

  /**
   * Returns the way that the property says; says so, also in the report of the test that asks
   * first.
   *
   * @throws IllegalStateException if containers are asked for and cannot be had
   */
  static Servers chosen() {
    Optional<String> obstacle = Images.obstacle();
    Servers chosen = asked().orElse(obstacle.isEmpty() ? DOCKER : PROCESS);
    if (chosen == DOCKER && obstacle.isPresent()) {
      throw new IllegalStateException(
          "-D%s=docker: %s; deploy/images/engine starts one, deploy/images/build makes the images"
              .formatted(PROPERTY, obstacle.get()));
    }
    String reason = obstacle.map(why -> ": " + why).orElse("");
    System.out.printf("broker and schema registry run as %s%s%n", chosen, reason);
    return chosen;
  }
}
