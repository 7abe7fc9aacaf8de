package io.espalier.it;

import java.nio.file.Path;
import java.time.Duration;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/** A schema registry in a container, which ends with this JVM. */
final class ContainerRegistry {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final int PORT = 8080;
  private static final String API = "/apis/ccompat/v7";

  private ContainerRegistry() {}

  /**
   * Starts a registry and waits until it answers. Returns the base address of its
   * Confluent-compatible API.
   *
   * @param directory for its log {@code registry.log}
   */
  static String start(Path directory) {
    GenericContainer<?> container =
        new GenericContainer<>(DockerImageName.parse(Images.REGISTRY))
            .withExposedPorts(PORT)
            .withLogConsumer(new ContainerLog(directory.resolve("registry.log")))
            .waitingFor(
                Wait.forHttp(API + "/subjects").forPort(PORT).withStartupTimeout(START_LIMIT));
    container.start();
    return "http://localhost:%d%s".formatted(container.getMappedPort(PORT), API);
  }
}
