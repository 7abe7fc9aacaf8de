package io.espalier.worker.checkpoint.store;

import io.espalier.worker.checkpoint.Manifest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A directory that is to be published.
 *
 * @param manifest its files, digests included
 * @param movable whether a store may take the directory itself instead of a copy
 * @param reports where reports lie that go out in place of those of the directory, if any do
 */
public record Draft(Path directory, Manifest manifest, boolean movable, Optional<Path> reports) {
  /** A directory that nobody needs any more once it is published. */
  public static Draft toMove(Path directory, Manifest manifest) {
    return new Draft(directory, manifest, true, Optional.empty());
  }

  /** A directory that stays as it is. */
  public static Draft toCopy(Path directory, Manifest manifest) {
    return new Draft(directory, manifest, false, Optional.empty());
  }

  /** A copy of a directory with reports of its own, which its manifest does not count. */
  public static Draft toCopy(Path directory, Manifest manifest, Path reports) {
    return new Draft(directory, manifest, false, Optional.of(reports));
  }

  /** Returns where a file of the directory is copied from. */
  Path source(String path, Path file) {
    return reports
        .filter(any -> Manifest.REPORTS.contains(path))
        .map(own -> own.resolve(path))
        .filter(Files::isRegularFile)
        .orElse(file);
  }
}
