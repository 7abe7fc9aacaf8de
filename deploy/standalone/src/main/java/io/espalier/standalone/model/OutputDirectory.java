package io.espalier.standalone.model;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** Directory for results, and messages if it fails. */
final class OutputDirectory {
  private OutputDirectory() {}

  /**
   * The absolute path of a directory that is new or empty. If it is a link to a directory, that
   * directory is meant, so that the link stays.
   *
   * @throws InvalidInputException if something is there
   */
  static Path free(Path out) {
    Path place = out.toAbsolutePath().normalize();
    try {
      place = Files.exists(place) ? place.toRealPath() : place;
    } catch (IOException failed) {
      throw refused(out, failed);
    }
    String[] entries = place.toFile().list();
    if (Files.exists(place) && (entries == null || entries.length > 0)) {
      throw new InvalidInputException(
          "the output %s should be a new or empty directory, but there is something; choose another"
              .formatted(out));
    }
    return place;
  }

  /** The refusal of a place that cannot be written, with the reason in words. */
  static InvalidInputException refused(Path out, IOException failed) {
    return new InvalidInputException(
        "the output %s cannot be written: %s; choose another place"
            .formatted(out, inTheWay(out).orElseGet(() -> reason(failed))));
  }

  /** A file where a directory would have to be. */
  private static Optional<String> inTheWay(Path out) {
    return Stream.iterate(out.toAbsolutePath(), Objects::nonNull, Path::getParent)
        .filter(Files::exists)
        .findFirst()
        .filter(deepest -> !Files.isDirectory(deepest))
        .map(file -> file + " is in the way and is no directory");
  }

  private static String reason(IOException failed) {
    if (!(failed instanceof FileSystemException system)) {
      return failed.toString();
    }
    String file = Objects.requireNonNullElse(system.getFile(), "a part of it");
    if (failed instanceof AccessDeniedException) {
      return "permission denied for " + file;
    }
    if (failed instanceof NoSuchFileException) {
      return "there is no " + file + ", and it cannot be made";
    }
    return Objects.requireNonNullElse(system.getReason(), failed.toString()) + " for " + file;
  }
}
