package io.espalier.worker.checkpoint.store;

import io.espalier.worker.checkpoint.file.FileListing;
import io.espalier.worker.checkpoint.file.FilePaths;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import io.espalier.worker.domain.ResourceException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The places that {@code file:} URIs of commands may name: directories that whoever runs the worker
 * allows, and artifact stores. Links count as what they lead to.
 */
public final class InputRoots implements FileListing.LinkCheck {
  private final List<Path> allowed;
  private final Optional<RootsFile> more;

  private InputRoots(List<Path> allowed, Optional<RootsFile> more) {
    this.allowed = allowed.stream().map(Path::toAbsolutePath).toList();
    this.more = more;
  }

  /** Artifact stores and nothing else. */
  public static InputRoots stores() {
    return new InputRoots(List.of(), Optional.empty());
  }

  /** Artifact stores and these directories with all that is below them. */
  public static InputRoots of(List<Path> directories) {
    return new InputRoots(directories, Optional.empty());
  }

  /** The same, and whatever a list allows whenever it is asked. */
  public InputRoots with(RootsFile list) {
    return new InputRoots(allowed, Optional.of(list));
  }

  /** The directories that are allowed for as long as the worker runs. */
  public List<Path> allowed() {
    return allowed;
  }

  /**
   * The real path of what a {@code file:} URI names. Nothing is opened.
   *
   * @param field of the command, for messages
   * @throws InvalidInputException if it lies outside of the allowed places
   * @throws ResourceException if it is allowed, but not there or not readable on this machine
   */
  public Path require(String field, URI uri) {
    Path path = FilePaths.of(uri);
    if (!isAllowed(FilePaths.resolved(path))) {
      throw new InvalidInputException(
          "%s: %s lies outside of the directories that this worker may read: artifact stores%s. If it should read it, start it with `--allow-root DIR`."
              .formatted(field, Quoted.place(uri), inWords()));
    }
    try {
      return path.toRealPath();
    } catch (IOException e) {
      throw new ResourceException(
          "%s: %s cannot be read on this machine: %s. Is it there, mounted and readable?"
              .formatted(field, Quoted.place(uri), e),
          e);
    }
  }

  /** Returns whether a URI names something in the file system, which this class is about. */
  public static boolean concern(URI uri) {
    return FilePaths.isFile(uri);
  }

  @Override
  public void check(Path link, Path target) {
    if (!isAllowed(target)) {
      throw new InvalidInputException(
          "%s: is a link to %s, outside of the directories that this worker may read: artifact stores%s. If it should read that, start it with `--allow-root DIR`."
              .formatted(Quoted.place(link), Quoted.place(target), inWords()));
    }
  }

  private boolean isAllowed(Path resolved) {
    return isBelow(allowed, resolved)
        || isBelow(listed(), resolved)
        || StoreMarker.baseOf(resolved).isPresent();
  }

  private static boolean isBelow(List<Path> directories, Path resolved) {
    return directories.stream().map(FilePaths::resolved).anyMatch(resolved::startsWith);
  }

  private List<Path> listed() {
    return more.map(RootsFile::roots).orElse(List.of());
  }

  private String inWords() {
    List<Path> all = Stream.concat(allowed.stream(), listed().stream()).toList();
    return all.isEmpty() ? "" : " and " + all;
  }
}
