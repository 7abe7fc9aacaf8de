package io.espalier.worker.stage.job;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The directories above a place. On closing, those that had to be made go again unless something is
 * in them by then, so that work that fails leaves nothing behind.
 */
public final class MadeParents implements AutoCloseable {
  private final Path parent;
  private final List<Path> made;

  private MadeParents(Path parent, List<Path> made) {
    this.parent = parent;
    this.made = made;
  }

  /** Makes the directories above an absolute path that are missing. */
  public static MadeParents of(Path place) throws IOException {
    Path parent = Objects.requireNonNull(place.getParent());
    List<Path> missing = new ArrayList<>();
    for (Path above = parent; above != null && Files.notExists(above); above = above.getParent()) {
      missing.add(above);
    }
    var parents = new MadeParents(parent, missing);
    try {
      Files.createDirectories(parent);
      return parents;
    } catch (IOException e) {
      parents.close();
      throw e;
    }
  }

  /** The directory right above the place. */
  public Path parent() {
    return parent;
  }

  @Override
  public void close() throws IOException {
    for (Path deepestFirst : made) {
      try {
        Files.deleteIfExists(deepestFirst);
      } catch (DirectoryNotEmptyException inUse) {
        return;
      }
    }
  }
}
