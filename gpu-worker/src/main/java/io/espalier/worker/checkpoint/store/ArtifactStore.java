package io.espalier.worker.checkpoint.store;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.StopCheck;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Store from which artifacts (directories of files) are fetched and to which they are published.
 * Whatever takes long asks at every buffer whether it should go on.
 */
public interface ArtifactStore {
  /**
   * Brings an artifact to this machine. What it holds is for the caller to verify.
   *
   * @param artifact where it lies
   * @param scratch directory for copies, if the store needs any
   * @return a local directory, to be read only
   * @throws InvalidInputException if there is something else
   * @throws ResourceException if there is nothing, or it cannot be read
   */
  Path fetch(URI artifact, Path scratch, StopCheck stop);

  /**
   * Makes a directory visible under a name, whole or not at all. What is published never changes:
   * the same name with the same content gives what is there already.
   *
   * @param under location that holds artifacts, in a store that is set up
   * @param name name of the artifact there
   * @throws InvalidInputException if the name is taken by other content
   * @throws StoreUnavailableException if the location lies in no store
   * @throws ResourceException if it cannot be written
   */
  Published publish(Draft draft, URI under, String name, StopCheck stop);

  /**
   * Returns what is published under a name, if anything.
   *
   * @throws StoreUnavailableException if the location lies in no store
   * @throws ResourceException if it cannot be read
   */
  Optional<Published> find(URI under, String name, StopCheck stop);
}
