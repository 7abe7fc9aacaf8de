package io.espalier.worker.checkpoint.store;

import io.espalier.worker.domain.StopCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks through a store for what has no owner any more: publications that were cut off, and
 * artifacts that lost against another one of the same attempt. Directories with files in them are
 * content, and neither they nor what is below them is touched.
 *
 * <p>One sweep visits a limited number of directories and says where the next one goes on.
 */
public final class StoreSweep {
  private static final Logger LOGGER = LoggerFactory.getLogger(StoreSweep.class);
  private static final int DEEPEST = 32;

  private final Path base;
  private final Instant unchangedSince;
  private final Predicate<Path> lost;
  private final StopCheck stop;
  private int left;
  private Optional<Path> stoppedAt = Optional.empty();

  /**
   * A sweep.
   *
   * @param base of the store
   * @param unchangedSince only what has not changed since then goes
   * @param lost whether a directory is an artifact that nobody will ever name
   */
  public StoreSweep(Path base, Instant unchangedSince, Predicate<Path> lost, StopCheck stop) {
    this.base = base;
    this.unchangedSince = unchangedSince;
    this.lost = lost;
    this.stop = stop;
  }

  /**
   * Visits directories in order; failures are logged.
   *
   * @param after where the last sweep stopped, relative to the base; empty to begin at the base
   * @param most the most directories to visit
   * @return where it stopped; empty if it came to the end
   */
  public Optional<Path> run(Optional<Path> after, int most) {
    left = most;
    stoppedAt = Optional.empty();
    visit(base, after, 0);
    return stoppedAt;
  }

  private void visit(Path directory, Optional<Path> after, int depth) {
    stop.check();
    if (left-- <= 0) {
      stoppedAt = Optional.of(base.relativize(directory));
      return;
    }
    try {
      List<Path> entries = entries(directory);
      if (entries.stream().anyMatch(StoreSweep::isContent) || depth > DEEPEST) {
        return;
      }
      for (Path entry : entries) {
        if (stoppedAt.isPresent()) {
          return;
        }
        enter(entry, after, depth);
      }
    } catch (IOException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("directory", directory).log("store not swept");
    }
  }

  private void enter(Path entry, Optional<Path> after, int depth) throws IOException {
    boolean isDirectory = Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS);
    if (isIncoming(entry) || (isDirectory && lost.test(entry))) {
      if (FileArtifactStore.lastChange(entry).isBefore(unchangedSince)) {
        LOGGER.atInfo().addKeyValue("path", entry).log("removed from the store");
        FileArtifactStore.delete(entry);
      }
    } else if (!isDirectory) {
      return;
    } else if (after.isEmpty() || !isBefore(base.relativize(entry), after.get())) {
      visit(entry, after, depth + 1);
    }
  }

  /** Returns whether a directory with all below it comes before a place, in the order of visits. */
  private static boolean isBefore(Path directory, Path place) {
    Iterator<Path> other = place.iterator();
    for (Path name : directory) {
      if (!other.hasNext()) {
        return false;
      }
      int order = name.toString().compareTo(other.next().toString());
      if (order != 0) {
        return order < 0;
      }
    }
    return false;
  }

  private static boolean isContent(Path entry) {
    return !Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)
        && !isIncoming(entry)
        && !entry.getFileName().toString().equals(StoreMarker.NAME);
  }

  private static boolean isIncoming(Path entry) {
    return entry.getFileName().toString().startsWith(FileArtifactStore.INCOMING);
  }

  private static List<Path> entries(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .sorted((a, b) -> a.getFileName().toString().compareTo(b.getFileName().toString()))
          .toList();
    }
  }
}
