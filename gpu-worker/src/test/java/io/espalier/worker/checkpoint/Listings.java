package io.espalier.worker.checkpoint;

import io.espalier.worker.checkpoint.file.FileListing;
import io.espalier.worker.domain.StopCheck;
import java.nio.file.Path;

/** Listings for tests. */
public final class Listings {
  private Listings() {}

  public static FileListing of(Path path) {
    return of(path, FileListing.LinkCheck.NONE);
  }

  public static FileListing of(Path path, FileListing.LinkCheck links) {
    return FileListing.of(path, FileListing.Limits.STANDARD, links, StopCheck.NEVER);
  }
}
