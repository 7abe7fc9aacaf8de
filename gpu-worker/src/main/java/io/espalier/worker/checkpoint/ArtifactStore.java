package io.espalier.worker.checkpoint;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/** Where artifacts (directories of files) are fetched from and published to. */
public interface ArtifactStore {
  /**
   * Brings an artifact to this machine.
   *
   * @param artifact where it lies
   * @param rootDigest the digest that its content must have; not checked if absent
   * @param scratch directory for copies, if the store needs any
   * @return a local directory, to be read only
   * @throws InvalidInputException if there is none, or its content has another digest
   * @throws WorkerException if it cannot be read
   */
  Path fetch(URI artifact, Optional<String> rootDigest, Path scratch);

  /**
   * Makes a copy of a directory visible under a name, whole or not at all. What is published never
   * changes: the same name with the same content gives what is there already.
   *
   * @param directory what to publish; stays as it is
   * @param under location that holds artifacts
   * @param name name of the artifact there
   * @throws InvalidInputException if the name is taken by other content
   * @throws WorkerException if it cannot be written
   */
  Published publish(Path directory, URI under, String name);

  /** Publishes under the content's own digest, {@code sha256-...}. */
  default Published publish(Path directory, URI under) {
    return publish(directory, under, "sha256-" + Manifest.of(directory).rootDigest());
  }

  /**
   * What is published under a name, if anything.
   *
   * @throws WorkerException if it cannot be read
   */
  Optional<Published> find(URI under, String name);

  /**
   * Removes what publications that were cut off have left behind, if nothing in it has changed
   * since a time. Artifacts stay.
   *
   * @throws io.espalier.worker.domain.WorkerException if it cannot be removed
   */
  void clear(URI under, Instant unchangedSince);
}
