package io.espalier.worker.checkpoint;

import io.espalier.worker.domain.StopCheck;
import java.nio.file.Path;

/** Listings for tests. */
final class Listings {
  private Listings() {}

  static FileListing of(Path path) {
    return of(path, FileListing.LinkCheck.NONE);
  }

  static FileListing of(Path path, FileListing.LinkCheck links) {
    return FileListing.of(path, FileListing.Limits.STANDARD, links, StopCheck.NEVER);
  }
}
