package io.espalier.standalone.command;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Tells whoever started a service that it works: a file that is there while it does. */
final class ReadyFile {
  @Option(
      names = "--ready-file",
      paramLabel = "FILE",
      description = "Is written when the service works and removed when it starts or stops.")
  private @Nullable Path file;

  /**
   * Removes what an earlier life has left.
   *
   * @throws InvalidInputException if it cannot be removed
   */
  void remove() {
    if (file == null) {
      return;
    }
    try {
      Files.deleteIfExists(file);
    } catch (IOException failed) {
      throw new InvalidInputException(
          "--ready-file %s cannot be removed: %s".formatted(file, failed));
    }
  }

  /**
   * Writes it, and removes it at the end of this JVM.
   *
   * @throws InvalidInputException if it cannot be written
   */
  void write() {
    if (file == null) {
      return;
    }
    try {
      Files.writeString(file, ProcessHandle.current().pid() + "\n");
      file.toFile().deleteOnExit();
    } catch (IOException failed) {
      throw new InvalidInputException(
          "--ready-file %s cannot be written: %s".formatted(file, failed));
    }
  }
}
