package io.espalier.worker.checkpoint;

import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Directories with everything in them. */
public final class FileTree {
  private FileTree() {}

  /**
   * Removes a directory with everything in it, if it is there.
   *
   * @throws WorkerException if something of it cannot be removed; worth another attempt
   */
  public static void remove(Path directory) {
    if (Files.exists(directory)) {
      clear(directory);
      delete(directory);
    }
  }

  /**
   * Removes everything in a directory.
   *
   * @throws WorkerException if something of it cannot be removed; worth another attempt
   */
  public static void clear(Path directory) {
    try (Stream<Path> paths = Files.walk(directory)) {
      paths
          .sorted(Comparator.reverseOrder())
          .filter(path -> !path.equals(directory))
          .forEach(FileTree::delete);
    } catch (IOException e) {
      throw failed(directory, e);
    }
  }

  /**
   * Makes a directory that is empty, whatever was there.
   *
   * @throws WorkerException if that is not possible; worth another attempt
   */
  public static void makeEmpty(Path directory) {
    remove(directory);
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new WorkerException("cannot make %s: %s".formatted(directory, e), true, e);
    }
  }

  private static void delete(Path path) {
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw failed(path, e);
    }
  }

  private static WorkerException failed(Path path, IOException cause) {
    return new WorkerException("cannot remove %s: %s".formatted(path, cause), true, cause);
  }
}
