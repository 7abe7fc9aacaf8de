package io.espalier.streams.domain.model;

import java.util.Optional;

/**
 * A published, complete and immutable model directory.
 *
 * @param uri where it lies
 * @param rootDigest SHA-256 over its files' digests in path order, 64 lower-case hexadecimal digits
 * @param listingDigest digest over path, size and content of its files, 64 lower-case hexadecimal
 *     digits; absent if whoever published it told none
 * @param bytes total size in bytes
 * @param files its files
 */
public record Artifact(
    String uri,
    String rootDigest,
    Optional<String> listingDigest,
    long bytes,
    ArtifactFiles files) {
  /** One of which nobody has told paths and sizes. */
  public Artifact(String uri, String rootDigest, long bytes, ArtifactFiles files) {
    this(uri, rootDigest, Optional.empty(), bytes, files);
  }

  /** The same without the list of its files, which may be long. */
  public Artifact unlisted() {
    return new Artifact(uri, rootDigest, listingDigest, bytes, files.unlisted());
  }

  /** This artifact as the input of a following stage. */
  public ArtifactReference reference() {
    return new ArtifactReference(uri, Optional.of(rootDigest), listingDigest);
  }
}
