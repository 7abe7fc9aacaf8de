package io.espalier.streams.domain.model;

import java.util.List;
import java.util.Optional;

/**
 * A published, complete and immutable model directory.
 *
 * @param uri where it lies
 * @param rootDigest SHA-256 over its files' digests in path order, 64 lower-case hexadecimal digits
 * @param bytes total size in bytes
 * @param files every file, in path order
 */
public record Artifact(String uri, String rootDigest, long bytes, List<ArtifactFile> files) {
  public Artifact {
    files = List.copyOf(files);
  }

  /** This artifact as the input of a following stage. */
  public ArtifactReference reference() {
    return new ArtifactReference(uri, Optional.of(rootDigest));
  }
}
