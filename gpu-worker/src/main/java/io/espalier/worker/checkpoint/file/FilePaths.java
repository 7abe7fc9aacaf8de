package io.espalier.worker.checkpoint.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.worker.domain.Problems;
import io.espalier.worker.domain.Quoted;
import java.io.IOException;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** {@code file:} URIs as paths. */
public final class FilePaths {
  public static final String SCHEME = "file";

  /** The most bytes of a name on every file system in use. */
  private static final int LONGEST_NAME = 255;

  /** The most bytes of a path that Linux opens, less room for what a store puts below it. */
  private static final int LONGEST_PATH = 3500;

  private FilePaths() {}

  /** Returns whether a URI is of this kind; one without a scheme is a path. */
  public static boolean isFile(URI uri) {
    return uri.getScheme() == null || SCHEME.equals(uri.getScheme().toLowerCase(Locale.ROOT));
  }

  /**
   * The path of a directory's URI.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if it is none
   */
  public static Path ofDirectory(URI uri) {
    var problems = new Problems();
    if (uri.getScheme() == null || !isFile(uri)) {
      problems.add("%s: wanted a URI of scheme 'file'", Quoted.place(uri));
    }
    if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
      problems.add("%s: an artifact's URI has neither query nor fragment", Quoted.place(uri));
    }
    if (uri.getRawAuthority() != null) {
      problems.add(
          "%s: a file: URI names no host, found '%s'",
          Quoted.place(uri), Quoted.of(uri.getRawAuthority()));
    }
    Path path = absolute(uri, problems);
    problems.throwIfAny();
    return path;
  }

  /**
   * The path of a URI that may have a query.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if it is none
   */
  public static Path of(URI uri) {
    var problems = new Problems();
    Path path = absolute(uri, problems);
    problems.throwIfAny();
    return path;
  }

  private static Path absolute(URI uri, Problems problems) {
    if (uri.isOpaque() || uri.getPath() == null || !uri.getPath().startsWith("/")) {
      problems.add("%s: wanted an absolute path, such as file:///models/resnet", Quoted.place(uri));
      return Path.of("/");
    }
    Path path;
    try {
      path = Path.of(uri.getPath());
    } catch (InvalidPathException e) {
      problems.add("%s: is no path: %s", Quoted.place(uri), e.getReason());
      return Path.of("/");
    }
    if (path.toString().getBytes(UTF_8).length > LONGEST_PATH) {
      problems.add(
          "%s: is longer than %d bytes, which no file system takes",
          Quoted.place(uri), LONGEST_PATH);
    }
    for (Path name : path) {
      int bytes = name.toString().getBytes(UTF_8).length;
      if (bytes > LONGEST_NAME) {
        problems.add(
            "%s: the name '%s' has %d bytes, but file systems take at most %d",
            Quoted.place(uri), Quoted.of(name), bytes, LONGEST_NAME);
      }
    }
    return path;
  }

  /** The part of an absolute path that can be resolved, resolved; what is not there, as it is. */
  public static Path resolved(Path path) {
    for (Path part = path; part != null; part = part.getParent()) {
      Optional<Path> real = real(part);
      if (real.isPresent()) {
        return real.get().resolve(part.relativize(path)).normalize();
      }
    }
    return path.normalize();
  }

  private static Optional<Path> real(Path path) {
    try {
      return Optional.of(path.toRealPath());
    } catch (IOException e) { // not there, or not for us to see
      return Optional.empty();
    }
  }
}
