package io.espalier.it;

import com.github.dockerjava.api.exception.NotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.testcontainers.DockerClientFactory;

/** Images that {@code deploy/images/build} makes; no registry has them. */
final class Images {
  static final String KAFKA = "espalier/kafka:local";
  static final String REGISTRY = "espalier/registry:local";

  private static final Path SOCKET = Path.of("/var/run/docker.sock");

  private Images() {}

  /**
   * Returns why containers of these images cannot be started; empty if they can. An image that is
   * not there is never asked of a registry, which would take minutes to say no.
   */
  static Optional<String> obstacle() {
    if (Files.notExists(SOCKET) && System.getenv("DOCKER_HOST") == null) {
      return Optional.of("there is no Docker engine");
    }
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      return Optional.of("the Docker engine does not answer");
    }
    return List.of(KAFKA, REGISTRY).stream()
        .filter(image -> !isPresent(image))
        .map(image -> "the Docker engine has no image " + image)
        .findFirst();
  }

  private static boolean isPresent(String image) {
    try {
      DockerClientFactory.instance().client().inspectImageCmd(image).exec();
      return true;
    } catch (NotFoundException absent) {
      return false;
    }
  }
}
