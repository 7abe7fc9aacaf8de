package io.espalier.standalone.local;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The file by which the clients of a user find what {@code up} started last: it names the
 * directory. One that is left behind names a directory where nothing runs.
 */
public final class CurrentStack {
  private static final String NAME = "current-stack";

  private final Optional<Path> file;

  private CurrentStack(Optional<Path> file) {
    this.file = file;
  }

  /** The file of a user; a user without a home directory has none. */
  public static CurrentStack of(UserDirectories user) {
    try {
      return new CurrentStack(Optional.of(user.data("--dir").resolve(NAME)));
    } catch (InvalidInputException homeless) {
      return new CurrentStack(Optional.empty());
    }
  }

  /** The directory that it names; none if this user cannot read it. */
  public Optional<Path> directory() {
    try {
      return file.isEmpty()
          ? Optional.empty()
          : Optional.of(Path.of(Files.readString(file.get()).strip())).filter(Path::isAbsolute);
    } catch (IOException | InvalidPathException none) {
      return Optional.empty();
    }
  }

  /**
   * Names a directory from now on.
   *
   * @return whether clients will find it
   */
  public boolean set(Path directory) {
    if (file.isEmpty()) {
      return false;
    }
    try {
      Files.createDirectories(file.get().getParent());
      Files.writeString(file.get(), directory + "\n");
      return true;
    } catch (IOException notWritable) {
      return false;
    }
  }

  /** Names nothing any more, if it names this directory. */
  public void clear(Path directory) {
    if (!directory().equals(Optional.of(directory))) {
      return;
    }
    try {
      Files.deleteIfExists(file.orElseThrow());
    } catch (IOException failed) {
      throw new UncheckedIOException("could not remove " + file.orElseThrow(), failed);
    }
  }
}
