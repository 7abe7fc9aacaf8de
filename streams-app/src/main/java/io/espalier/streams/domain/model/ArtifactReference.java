package io.espalier.streams.domain.model;

import java.util.Optional;

/**
 * A model directory to read.
 *
 * @param uri where it lies
 * @param rootDigest digest that its content must have, 64 lower-case hexadecimal digits; absent if
 *     whoever registered it gave none
 * @param listingDigest digest over path, size and content of its files that it must have, too, 64
 *     lower-case hexadecimal digits; absent if whoever registered it gave none
 */
public record ArtifactReference(
    String uri, Optional<String> rootDigest, Optional<String> listingDigest) {
  /** A directory of which nobody has told paths and sizes. */
  public ArtifactReference(String uri, Optional<String> rootDigest) {
    this(uri, rootDigest, Optional.empty());
  }

  /**
   * Returns whether the same was registered. A listing that only one of the two tells is no
   * difference: older clients tell none.
   */
  public boolean isSame(ArtifactReference other) {
    return uri.equals(other.uri)
        && rootDigest.equals(other.rootDigest)
        && agree(listingDigest, other.listingDigest);
  }

  /** Returns whether a published artifact is this one, as far as is known of both. */
  public boolean isOf(Artifact artifact) {
    return uri.equals(artifact.uri())
        && rootDigest.map(artifact.rootDigest()::equals).orElse(true)
        && agree(listingDigest, artifact.listingDigest());
  }

  private static boolean agree(Optional<String> one, Optional<String> other) {
    return one.isEmpty() || other.isEmpty() || one.equals(other);
  }
}
