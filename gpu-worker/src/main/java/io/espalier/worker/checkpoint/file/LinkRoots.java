package io.espalier.worker.checkpoint.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Targets that links of a directory may have: itself; and if it is a snapshot in the cache of
 * Hugging Face's hub, the files of the same repository there.
 *
 * <p>Such a cache has {@code models--ORG--NAME/snapshots/REVISION} with links to {@code
 * models--ORG--NAME/blobs/DIGEST}.
 *
 * @param directory the real path of the directory
 * @param blobs the real path of the repository's files, if there is one
 */
record LinkRoots(Path directory, Optional<Path> blobs) {
  private static final String SNAPSHOTS = "snapshots";
  private static final String BLOBS = "blobs";

  /** Those of a directory by its real path. */
  static LinkRoots of(Path directory) {
    Path snapshots = directory.getParent();
    if (snapshots == null || !snapshots.endsWith(SNAPSHOTS)) {
      return new LinkRoots(directory, Optional.empty());
    }
    Path blobs = snapshots.resolveSibling(BLOBS);
    return new LinkRoots(
        directory,
        Files.isDirectory(blobs, LinkOption.NOFOLLOW_LINKS)
            ? Optional.of(blobs)
            : Optional.empty());
  }

  /** Returns whether a link leads to where it may. */
  boolean admit(Path link) throws IOException {
    Path target = link.toRealPath();
    return target.startsWith(directory) || blobs.filter(target::startsWith).isPresent();
  }
}
