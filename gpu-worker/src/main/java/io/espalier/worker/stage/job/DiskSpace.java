package io.espalier.worker.stage.job;

import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.stage.DiskNeed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * Looks whether there is room for a stage before it begins: a stage that fills the disk fails late,
 * and its neighbours with it.
 */
public final class DiskSpace {
  private final ToLongFunction<Path> free;

  /** The space that the file systems have. */
  public DiskSpace() {
    this(DiskSpace::usable);
  }

  /**
   * The space that somebody says there is.
   *
   * @param free bytes that are free in a folder's file system
   */
  public DiskSpace(ToLongFunction<Path> free) {
    this.free = free;
  }

  /**
   * Goes on only if the file system of a folder has as much free as a job needs.
   *
   * @param need of the job's kind
   * @throws ResourceException if it has less
   */
  void require(StageJob job, DiskNeed need, Path folder) {
    Map<String, Long> references = new TreeMap<>();
    job.references().forEach((role, model) -> references.put(role, bytes(model)));
    long wanted = need.bytes(job, bytes(job.input()), references);
    long found = free.applyAsLong(folder);
    if (found < wanted) {
      throw new ResourceException(
          "too little disk space in %s: wanted %d bytes for stage kind %s of the input %s, but %d are free. Clear the disk or give the worker another work directory."
              .formatted(folder, wanted, job.kind(), job.input(), found),
          null);
    }
  }

  /** Bytes that are free in a folder's file system. */
  public long free(Path folder) {
    return free.applyAsLong(folder);
  }

  /**
   * Goes on only if a store has room for an artifact as large as the input.
   *
   * @param inputBytes size of the input
   * @throws ResourceException if it has not
   */
  public void requireInStore(long inputBytes, Path base) {
    long found = free.applyAsLong(base);
    if (found < inputBytes) {
      throw new ResourceException(
          "too little space in the artifact store %s: wanted %d bytes, the size of the input, but %d are free. Clear the store; nothing was computed."
              .formatted(base, inputBytes, found),
          null);
    }
  }

  private static long bytes(Path directory) {
    try (Stream<Path> files = Files.walk(directory, FileVisitOption.FOLLOW_LINKS)) {
      return files.filter(Files::isRegularFile).mapToLong(DiskSpace::size).sum();
    } catch (IOException | UncheckedIOException e) {
      return 0; // the stage's own check says what is wrong with its input
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException("could not look at " + file, e);
    }
  }

  private static long usable(Path folder) {
    try {
      return Files.getFileStore(folder).getUsableSpace();
    } catch (IOException e) {
      throw new UncheckedIOException("could not ask for the free space of " + folder, e);
    }
  }
}
