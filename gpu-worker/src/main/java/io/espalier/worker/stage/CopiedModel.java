package io.espalier.worker.stage;

import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Copy of a model's files, for a stage that changes few of them or none. */
public final class CopiedModel {
  private CopiedModel() {}

  /**
   * Copies all files of a directory into another one that is empty.
   *
   * @throws WorkerException if they cannot be copied; worth another attempt
   */
  public static void copy(Path from, Path to) {
    try (Stream<Path> paths = Files.walk(from.toRealPath())) {
      for (Path path : paths.toList()) {
        Path target = to.resolve(from.toRealPath().relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target);
        }
      }
    } catch (IOException e) {
      throw new WorkerException(
          "cannot copy the model from %s to %s: %s".formatted(from, to, e), true, e);
    }
  }
}
