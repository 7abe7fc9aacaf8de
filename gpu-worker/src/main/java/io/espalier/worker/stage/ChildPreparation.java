package io.espalier.worker.stage;

import io.espalier.worker.checkpoint.ModelDigests;
import java.util.Optional;

/**
 * What has been done for a job before its child begins with it.
 *
 * @param child a child that waits for the job, if one was started
 * @param input digests of the input, if it was verified: the child need not read all of it again to
 *     know
 */
public record ChildPreparation(Optional<WarmChild> child, Optional<ModelDigests> input) {
  /** Nothing was done. */
  public static final ChildPreparation NONE =
      new ChildPreparation(Optional.empty(), Optional.empty());
}
