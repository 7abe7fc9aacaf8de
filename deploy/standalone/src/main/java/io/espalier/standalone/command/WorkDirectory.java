package io.espalier.standalone.command;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Place to write for commands. */
final class WorkDirectory {
  private WorkDirectory() {}

  /**
   * The directory asked for, which must be new or empty, or else a new temporary one.
   *
   * @throws InvalidInputException if there is something in it
   */
  static Path freshOr(@Nullable Path asked, String prefix) throws IOException {
    if (asked == null) {
      return Files.createTempDirectory(prefix);
    }
    String[] entries = asked.toFile().list();
    if (Files.exists(asked) && (entries == null || entries.length > 0)) {
      throw new InvalidInputException(
          "%s should be a new or empty directory, but there is something; choose another"
              .formatted(asked));
    }
    return Files.createDirectories(asked);
  }
}
