package io.espalier.standalone.local;

import io.espalier.worker.checkpoint.store.RootsFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Paths that the worker of {@code up} may read besides its own directory: what the person who
 * started it names, when named. That is the same person, and nobody else can write the list, so
 * naming a model says as much as an option does. Nothing more is allowed than what was named.
 */
public final class AllowedRoots {
  private static final String NAME = "allowed-roots";

  private AllowedRoots() {}

  /** The list of the stack in a directory. */
  public static Path file(Path stack) {
    return stack.resolve(NAME);
  }

  /**
   * Lets a stack read files and directories of this machine.
   *
   * @param stack the stack's directory
   * @param named URIs as events have them; what is no {@code file:} URI, or not there, is left out
   */
  public static void allow(Path stack, Collection<URI> named) {
    new RootsFile(file(stack))
        .add(
            named.stream()
                .flatMap(uri -> path(uri).stream())
                .flatMap(path -> real(path).stream())
                .flatMap(AllowedRoots::withBlobs)
                .toList());
  }

  private static Optional<Path> path(URI uri) {
    try {
      return Optional.ofNullable(uri.getPath())
          .filter(path -> "file".equalsIgnoreCase(uri.getScheme()))
          .map(Path::of);
    } catch (InvalidPathException noPath) {
      return Optional.empty();
    }
  }

  private static Optional<Path> real(Path path) {
    try {
      return Optional.of(path.toRealPath());
    } catch (IOException notThere) {
      return Optional.empty();
    }
  }

  /**
   * Links that lead elsewhere are not followed, since a directory may come from a stranger; those
   * of Hugging Face's cache lead from {@code snapshots/COMMIT} to {@code blobs} of the same model.
   */
  private static Stream<Path> withBlobs(Path directory) {
    Path snapshots = directory.getParent();
    if (snapshots == null || !snapshots.endsWith("snapshots")) {
      return Stream.of(directory);
    }
    Path blobs = snapshots.resolveSibling("blobs");
    return Files.isDirectory(blobs, LinkOption.NOFOLLOW_LINKS)
        ? Stream.of(directory, blobs)
        : Stream.of(directory);
  }
}
