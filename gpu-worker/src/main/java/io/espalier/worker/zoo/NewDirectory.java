package io.espalier.worker.zoo;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A directory that nothing is in yet, so that what is written there is not mixed with others. */
final class NewDirectory {
  private NewDirectory() {}

  /**
   * Makes a directory if need be.
   *
   * @param what is to go there, such as {@code a model}
   * @throws InvalidInputException if something is in it
   * @throws IOException if it can be neither made nor read
   */
  static Path make(Path directory, String what) throws IOException {
    if (!Files.isDirectory(directory)) { // a link to a directory is one
      Files.createDirectories(directory);
    }
    try (Stream<Path> entries = Files.list(directory)) {
      List<Path> found = entries.sorted().toList();
      if (!found.isEmpty()) {
        throw new InvalidInputException(
            "%s needs a directory of its own, but %s holds %s; choose another"
                .formatted(what, directory, found.get(0).getFileName()));
      }
    }
    return directory;
  }
}
