package io.espalier.streams.domain.model;

import java.util.List;
import java.util.Optional;

/**
 * The files of an artifact.
 *
 * @param list every file, in path order; empty where it is left out
 * @param count number of files; 0 if whoever published them did not say
 * @param manifestUri where the list lies, if it is too long to be told
 */
public record ArtifactFiles(List<ArtifactFile> list, int count, Optional<String> manifestUri) {
  public ArtifactFiles {
    list = List.copyOf(list);
  }

  /** Returns the files of a short list. */
  public static ArtifactFiles of(List<ArtifactFile> list) {
    return new ArtifactFiles(list, list.size(), Optional.empty());
  }

  ArtifactFiles unlisted() {
    return new ArtifactFiles(List.of(), count, manifestUri);
  }
}
