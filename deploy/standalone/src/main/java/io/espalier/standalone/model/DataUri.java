package io.espalier.standalone.model;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Data as people name it: a URI, or a path with an optional {@code ?split=...} behind it. */
public final class DataUri {
  private DataUri() {}

  /**
   * The absolute URI of data that are there, as far as they are files of this machine.
   *
   * @throws InvalidInputException also if it is a path, or a URI of one, where there is nothing
   */
  public static URI existing(String text) {
    URI uri = of(text);
    if (!"file".equalsIgnoreCase(uri.getScheme()) || uri.getPath() == null) {
      return uri;
    }
    Path place = Path.of(uri.getPath());
    if (!Files.exists(place)) {
      throw new InvalidInputException(
          "data '%s': wanted a file or a directory, found nothing at %s; check the path"
              .formatted(Quoted.of(text), Quoted.place(place)));
    }
    return uri;
  }

  /**
   * The absolute URI.
   *
   * @throws InvalidInputException if it is neither a URI nor a path
   */
  public static URI of(String text) {
    if (text.isBlank()) {
      throw new InvalidInputException(
          "a data set must be a path or a URI such as file:///data/cifar10?split=test, but is"
              + " empty");
    }
    try {
      if (text.matches("[A-Za-z][A-Za-z0-9+.-]+:.*")) {
        return new URI(text);
      }
      int query = text.indexOf('?');
      String path = query < 0 ? text : text.substring(0, query);
      URI file = Path.of(path).toAbsolutePath().normalize().toUri();
      return query < 0 ? file : new URI(file + text.substring(query));
    } catch (URISyntaxException broken) {
      throw new InvalidInputException(
          "data '%s' is neither a path nor a URI such as file:///data/cifar10?split=test: %s"
              .formatted(text, broken.getReason()));
    }
  }
}
