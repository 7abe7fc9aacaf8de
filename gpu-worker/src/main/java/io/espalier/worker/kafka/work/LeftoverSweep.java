package io.espalier.worker.kafka.work;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.worker.checkpoint.store.StoreMarker;
import io.espalier.worker.checkpoint.store.StoreSweep;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.StopCheck;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.stage.job.WorkerHome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sweep of what workers that died, or lost against others, have left in the stores, and of what
 * later stages have made use of for as long as the store keeps it. Once a day one of the workers of
 * a work directory sweeps the stores that were published to from there.
 *
 * <p>A file per store in the work directory holds its place and where the last sweep stopped; its
 * time of change is that of the last sweep.
 */
public final class LeftoverSweep {
  /** Longer than anything takes to be published. */
  static final Duration OLD = Duration.ofDays(1);

  /** Interval of a store's sweeps. */
  static final Duration INTERVAL = Duration.ofDays(1);

  /** Directories that one sweep visits: a few minutes on a slow network file system. */
  static final int MOST_DIRECTORIES = 50_000;

  private static final Logger LOGGER = LoggerFactory.getLogger(LeftoverSweep.class);
  private static final Pattern ARTIFACT = Pattern.compile("attempt-(\\d{1,9})-[0-9a-f]{12}");

  private final WorkerHome home;
  private final Clock clock;

  /** Leftovers of the workers that share a work directory. */
  public LeftoverSweep(WorkerHome home) {
    this(home, Clock.systemUTC());
  }

  public LeftoverSweep(WorkerHome home, Clock clock) {
    this.home = home;
    this.clock = clock;
  }

  /** Takes note that something is published in a store. */
  void remember(Path base) {
    Path note = note(base);
    try {
      if (Files.exists(note) && Files.size(note) > 0) {
        return;
      }
      Files.createDirectories(home.stores());
      write(note, base, Optional.empty());
      Files.setLastModifiedTime(note, FileTime.from(Instant.EPOCH)); // never swept
    } catch (IOException e) {
      throw new ResourceException("could not write %s: %s".formatted(note, e), e);
    }
  }

  /**
   * Sweeps the stores whose last sweep was a day ago, unless another worker does; failures are
   * logged.
   *
   * @throws WorkerException if it is asked to stop
   */
  public void sweep(StopCheck stop) {
    try (var alone = home.sweeping().orElse(null)) {
      if (alone == null) {
        return;
      }
      Instant due = clock.instant().minus(INTERVAL);
      for (Path note : notes()) {
        if (Files.getLastModifiedTime(note).toInstant().isBefore(due)) {
          sweep(note, stop);
        }
      }
    } catch (IOException | UncheckedIOException e) {
      LOGGER.atWarn().setCause(e).log("stores not swept");
    }
  }

  private void sweep(Path note, StopCheck stop) throws IOException {
    List<String> lines = Files.readAllLines(note);
    if (lines.isEmpty()) {
      return; // written while the disk was full; the next publication writes it anew
    }
    Path base = Path.of(lines.get(0));
    Optional<Path> after = lines.size() > 1 ? Optional.of(Path.of(lines.get(1))) : Optional.empty();
    try {
      if (!StoreMarker.require(base.toUri()).equals(base)) {
        return;
      }
    } catch (ResourceException e) {
      LOGGER.atDebug().setCause(e).addKeyValue("store", base).log("store not there, not swept");
      return;
    }
    Optional<Instant> doneBefore =
        StoreMarker.keepsIntermediate(base).map(kept -> clock.instant().minus(kept));
    var sweep =
        new StoreSweep(
            base,
            clock.instant().minus(OLD),
            directory -> isLost(directory) || isUsedUp(directory, doneBefore),
            stop);
    write(note, base, sweep.run(after, MOST_DIRECTORIES));
    Files.setLastModifiedTime(note, FileTime.from(clock.instant()));
  }

  /**
   * Returns whether the attempt's result names another artifact than this one, so that none names
   * it.
   */
  private static boolean isLost(Path directory) {
    Matcher name = ARTIFACT.matcher(directory.getFileName().toString());
    return name.matches()
        && ArtifactPublication.winner(directory, Integer.parseInt(name.group(1)))
            .filter(winner -> !winner.equals(name.group()))
            .isPresent();
  }

  /**
   * Returns whether later stages were done with it before a time, if the store does not keep it.
   */
  private static boolean isUsedUp(Path directory, Optional<Instant> doneBefore) {
    try {
      return doneBefore.isPresent() && IntermediateArtifacts.include(directory, doneBefore.get());
    } catch (IOException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("directory", directory).log("left in the store");
      return false;
    }
  }

  private static void write(Path note, Path base, Optional<Path> stoppedAt) throws IOException {
    Path partial = note.resolveSibling(note.getFileName() + ".partial");
    try {
      Files.writeString(partial, base + "\n" + stoppedAt.map(place -> place + "\n").orElse(""));
      Files.move(partial, note, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial); // left of a disk that is full
    }
  }

  private Path note(Path base) {
    return home.stores()
        .resolve(UUID.nameUUIDFromBytes(base.toString().getBytes(UTF_8)) + ".store");
  }

  private List<Path> notes() throws IOException {
    if (!Files.isDirectory(home.stores())) {
      return List.of();
    }
    try (Stream<Path> found = Files.list(home.stores())) {
      return found.filter(file -> file.getFileName().toString().endsWith(".store")).toList();
    }
  }
}
