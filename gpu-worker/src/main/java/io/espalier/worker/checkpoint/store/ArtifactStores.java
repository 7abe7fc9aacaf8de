package io.espalier.worker.checkpoint.store;

import io.espalier.worker.checkpoint.file.FilePaths;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import java.net.URI;

/** The kinds of artifact stores, by the scheme of their URIs. */
public final class ArtifactStores {
  private ArtifactStores() {}

  /**
   * The store that a URI belongs to.
   *
   * @throws InvalidInputException if there is none for its scheme
   */
  public static ArtifactStore of(URI uri) {
    if (FilePaths.SCHEME.equalsIgnoreCase(uri.getScheme())) {
      return new FileArtifactStore();
    }
    throw new InvalidInputException(
        "%s: wanted a URI of scheme 'file', such as file:///models/resnet, found %s"
            .formatted(
                Quoted.place(uri),
                uri.getScheme() == null ? "none" : "'" + Quoted.of(uri.getScheme()) + "'"));
  }
}
