package io.espalier.worker.stage.job;

import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.stage.Sha256;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.StoppedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A worker's place in its work directory, which several workers may share: {@code workers/N} is one
 * worker's own for as long as it lives, the rest is everybody's.
 *
 * <p>Whoever comes takes the first place that nobody holds, with the identity that lies there: a
 * worker that starts again is the same worker. What its earlier life was at is cleared away;
 * checkpoints, stored results and scores stay.
 */
public final class WorkerHome implements AutoCloseable {
  /** Older versions left folders of jobs that nothing locks; one this old is at no job any more. */
  static final Duration ABANDONED = Duration.ofDays(7);

  private static final int LONGEST_NAME = 200;
  private static final int MOST_WORKERS = 1000;
  private static final int SWEEPING = MOST_WORKERS;
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** A place that is held. */
  private record Place(Path directory, int number, LockFile places, LockFile.Claim claim) {}

  private final Path directory;
  private final Path own;
  private final Place place;
  private final LockFile resumed;
  private final String workerId;
  private final MissedStores missed = new MissedStores();

  private WorkerHome(Place place, String pool) throws IOException {
    this.directory = place.directory();
    this.place = place;
    this.own = Files.createDirectories(workers(directory).resolve(String.valueOf(place.number())));
    this.resumed = LockFile.at(directory.resolve("checkpoints").resolve(".lock"));
    this.workerId = identity(own.resolve("id"), pool);
  }

  /**
   * Takes a place in a work directory.
   *
   * @param pool the pool that the worker serves; part of its identity
   * @throws ResourceException if the directory cannot be written or locked
   */
  public static WorkerHome open(Path directory, String pool) {
    try {
      LockFile places = LockFile.at(workers(directory).resolve(".lock"));
      for (int number = 0; number < MOST_WORKERS; number++) {
        Optional<LockFile.Claim> place = places.tryClaim(number);
        if (place.isPresent()) {
          return open(new Place(directory, number, places, place.get()), pool);
        }
      }
      throw new ResourceException(
          "%s: %d workers use it already; give this one another work directory"
              .formatted(directory, MOST_WORKERS),
          null);
    } catch (IOException | UncheckedIOException e) {
      throw new ResourceException(
          "the work directory %s cannot be used: %s. It must be writable, on a file system that supports locks."
              .formatted(directory, e),
          e);
    }
  }

  private static WorkerHome open(Place place, String pool) throws IOException {
    try {
      var home = new WorkerHome(place, pool);
      Folders.delete(home.jobs());
      home.clearAbandoned(Instant.now().minus(ABANDONED));
      return home;
    } catch (IOException | RuntimeException e) {
      place.claim().close();
      throw e;
    }
  }

  /** Returns who the worker is: the same after a restart. */
  public String workerId() {
    return workerId;
  }

  /** The work directory. */
  public Path directory() {
    return directory;
  }

  /** Folder of the jobs that this worker is at. */
  public Path jobs() {
    return own.resolve("jobs");
  }

  /** Returns where the checkpoints of a stage's work lie, from attempt to attempt. */
  public Path checkpoints(String resumeKey) {
    return directory.resolve("checkpoints").resolve(plain(resumeKey));
  }

  /** Folder of the index of stored results. */
  public Path cache() {
    return directory.resolve("cache");
  }

  /** Folder of scores. */
  public Path scores() {
    return directory.resolve("scores");
  }

  /** Folder of notes on the stores that were published to. */
  public Path stores() {
    return directory.resolve("stores");
  }

  /** Claims the sweeping of stores for one worker of the directory; empty if another has it. */
  public Optional<Stop.Registration> sweeping() {
    return place.places().tryClaim(SWEEPING).map(claim -> claim::close);
  }

  /**
   * Waits until nobody else works with the checkpoints of a resume key, and keeps others from them
   * until the registration is closed.
   *
   * @throws StoppedException if a stop was requested while waiting
   */
  public Stop.Registration resume(String resumeKey, Stop stop) {
    long number = number(plain(resumeKey));
    while (true) {
      stop.check();
      var claim = resumed.tryClaim(number);
      if (claim.isPresent()) {
        return claim.get()::close;
      }
      stop.await(PAUSE);
    }
  }

  /** Stores that commands named and this machine did not have. */
  public MissedStores missedStores() {
    return missed;
  }

  /** Gives the place to whoever comes next. */
  @Override
  public void close() {
    place.claim().close();
  }

  private static Path workers(Path directory) {
    return directory.resolve("workers");
  }

  private static String plain(String resumeKey) {
    String name = resumeKey.replaceAll("[^A-Za-z0-9_-]", "_");
    return name.length() <= LONGEST_NAME ? name : Sha256.hex(resumeKey);
  }

  /** From 62 bits of the name's digest: two names of one number would only wait in vain. */
  private static long number(String name) {
    return new BigInteger(Sha256.hex(name), 16).longValue() & (Long.MAX_VALUE >> 1);
  }

  private static String identity(Path file, String pool) throws IOException {
    String prefix = pool + "-";
    if (Files.isRegularFile(file)) {
      String known = Files.readString(file).strip();
      if (known.startsWith(prefix) && known.length() == prefix.length() + 36) {
        return known;
      }
    }
    String made = prefix + UUID.randomUUID();
    Files.writeString(file, made + "\n");
    return made;
  }

  private void clearAbandoned(Instant before) throws IOException {
    Path old = directory.resolve("jobs");
    if (!Files.isDirectory(old, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    for (Path folder : entries(old)) {
      if (lastChange(folder).isBefore(before)) {
        Folders.delete(folder);
      }
    }
    if (Folders.isEmpty(old)) {
      Files.deleteIfExists(old);
    }
  }

  private static List<Path> entries(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.toList();
    }
  }

  private static Instant lastChange(Path folder) throws IOException {
    Instant last = Instant.MIN;
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        Instant change = Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toInstant();
        last = change.isAfter(last) ? change : last;
      }
    }
    return last;
  }
}
