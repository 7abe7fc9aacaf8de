package io.espalier.worker.checkpoint;

import java.nio.file.Path;

/**
 * A directory that is to be published.
 *
 * @param manifest its files, digests included
 * @param movable whether a store may take the directory itself instead of a copy
 */
public record Draft(Path directory, Manifest manifest, boolean movable) {
  /** A directory that nobody needs any more once it is published. */
  public static Draft toMove(Path directory, Manifest manifest) {
    return new Draft(directory, manifest, true);
  }

  /** A directory that stays as it is. */
  public static Draft toCopy(Path directory, Manifest manifest) {
    return new Draft(directory, manifest, false);
  }
}
