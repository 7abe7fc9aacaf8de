package io.espalier.worker.checkpoint.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import io.espalier.worker.domain.ResourceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A list of directories, one absolute path a line, that grows while a worker runs. A line that is
 * no absolute path allows nothing. For an installation whose user and whose worker are one person:
 * whoever can write the file says what the worker reads.
 */
public final class RootsFile {
  private final Path file;
  private Content known = Content.NONE;

  /** Content read, and the file's state then; paths are only ever added. */
  private record Content(FileTime changed, long bytes, List<Path> roots) {
    static final Content NONE = new Content(FileTime.fromMillis(0), 0, List.of());
  }

  /** The list in a file, which need not be there yet. */
  public RootsFile(Path file) {
    this.file = file;
  }

  /**
   * The directories in it now.
   *
   * @throws ResourceException if it is there and cannot be read
   */
  public synchronized List<Path> roots() {
    try {
      var now = Files.readAttributes(file, BasicFileAttributes.class);
      if (!known.changed().equals(now.lastModifiedTime()) || known.bytes() != now.size()) {
        known = new Content(now.lastModifiedTime(), now.size(), read());
      }
    } catch (NoSuchFileException nothingYet) {
      known = Content.NONE;
    } catch (IOException failed) {
      throw new ResourceException(
          "the list of allowed directories %s cannot be read: %s".formatted(file, failed), failed);
    }
    return known.roots();
  }

  /**
   * Adds directories that are not covered by one in the list.
   *
   * @param directories absolute paths
   * @throws InvalidInputException if one of them cannot stand on a line
   */
  public synchronized void add(Collection<Path> directories) {
    List<Path> present = roots();
    List<Path> missing =
        directories.stream()
            .filter(each -> present.stream().noneMatch(each::startsWith))
            .distinct()
            .toList();
    missing.forEach(RootsFile::requireLine);
    if (missing.isEmpty()) {
      return;
    }
    String lines = missing.stream().map(each -> each + "\n").collect(Collectors.joining());
    try { // in one piece, since others may add at the same time
      Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException failed) {
      throw new UncheckedIOException("could not add to " + file, failed);
    }
  }

  private List<Path> read() throws IOException {
    return Files.readAllLines(file, UTF_8).stream()
        .filter(line -> line.startsWith("/"))
        .map(Path::of)
        .toList();
  }

  private static void requireLine(Path directory) {
    if (!directory.isAbsolute() || directory.toString().lines().count() != 1) {
      throw new InvalidInputException(
          "'%s' cannot be allowed: wanted an absolute path without line breaks"
              .formatted(Quoted.of(directory)));
    }
  }
}
