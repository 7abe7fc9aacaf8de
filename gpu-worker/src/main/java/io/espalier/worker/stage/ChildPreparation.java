package io.espalier.worker.stage;

import java.util.Optional;

/**
 * What has been done for a job before its child begins with it.
 *
 * @param child a child that waits for the job, if one was started
 * @param inputDigest root digest of the input, if it was verified: the child need not read all of
 *     it again to know
 */
public record ChildPreparation(Optional<WarmChild> child, Optional<String> inputDigest) {
  /** Nothing was done. */
  public static final ChildPreparation NONE =
      new ChildPreparation(Optional.empty(), Optional.empty());
}
