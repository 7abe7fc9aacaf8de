package io.espalier.worker.checkpoint;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Objects;

/** Files that other libraries wrote. */
public final class Golden {
  private Golden() {}

  public static Path path(String name) {
    URL resource = Golden.class.getResource("/golden/" + name);
    try {
      return Path.of(Objects.requireNonNull(resource, name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(name, e);
    }
  }
}
