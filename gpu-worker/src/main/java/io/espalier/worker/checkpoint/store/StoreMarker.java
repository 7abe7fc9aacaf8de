package io.espalier.worker.checkpoint.store;

import io.espalier.worker.checkpoint.file.Durable;
import io.espalier.worker.checkpoint.file.Failures;
import io.espalier.worker.checkpoint.file.FilePaths;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The file {@value #NAME} at the base of an artifact store. Setting up writes it; workers only look
 * for it: a store that is not mounted has none, and so nobody fills the disk below its mount point.
 */
public final class StoreMarker {
  /** Name of the file. */
  public static final String NAME = ".espalier-store";

  private static final String KEEP_INTERMEDIATE = "keep-intermediate-days";
  private static final Pattern KEEP = Pattern.compile(KEEP_INTERMEDIATE + "\\s*=\\s*(\\d{1,6})");
  private static final String CONTENT =
      """
      Espalier keeps artifacts in this directory. Workers publish only below a file of this name.
      What a stage before a run's last one has made is removed so many days after a later stage was
      done; without such a line it stays:
      %s=30
      """
          .formatted(KEEP_INTERMEDIATE);

  private StoreMarker() {}

  /**
   * Makes a directory a store; one that is a store already stays as it is.
   *
   * @throws InvalidInputException if the URI is no {@code file:} URI of a directory
   * @throws io.espalier.worker.domain.WorkerException if it cannot be written
   */
  public static void write(URI base) {
    Path directory = FilePaths.ofDirectory(base).normalize();
    Path marker = directory.resolve(NAME);
    try {
      Files.createDirectories(directory);
      if (!isMarker(marker)) {
        Files.writeString(marker, CONTENT);
        Durable.sync(marker);
        Durable.sync(directory);
      }
    } catch (IOException e) {
      throw Failures.writing(directory, e);
    }
  }

  /**
   * The base of the store that a URI lies in.
   *
   * @throws InvalidInputException if the URI is no {@code file:} URI of a directory
   * @throws StoreUnavailableException if it lies in no store
   */
  public static Path require(URI under) {
    Path path = FilePaths.resolved(FilePaths.ofDirectory(under));
    return baseOf(path)
        .orElseThrow(
            () ->
                new StoreUnavailableException(
                    "%s: there is no %s in it or above it, so it lies in no artifact store. If the store should be there, see whether it is mounted on this machine; if it is new, run `espalier setup --artifacts URI` once."
                        .formatted(Quoted.place(under), NAME)));
  }

  /**
   * Returns how long a store keeps what later stages of a run have made use of; for good if its
   * file does not say.
   *
   * @throws IOException if the file cannot be read
   */
  public static Optional<Duration> keepsIntermediate(Path base) throws IOException {
    return Files.readAllLines(base.resolve(NAME)).stream()
        .map(line -> KEEP.matcher(line.strip()))
        .filter(Matcher::matches)
        .map(line -> Duration.ofDays(Long.parseLong(line.group(1))))
        .findFirst();
  }

  /** Returns whether a path, links resolved, lies in a store. */
  public static boolean contains(Path resolved) {
    return baseOf(resolved).isPresent();
  }

  /** The nearest directory, from a path upwards, that is a store's base. */
  static Optional<Path> baseOf(Path resolved) {
    for (Path above = resolved; above != null; above = above.getParent()) {
      if (isMarker(above.resolve(NAME))) {
        return Optional.of(above);
      }
    }
    return Optional.empty();
  }

  private static boolean isMarker(Path file) {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
  }
}
