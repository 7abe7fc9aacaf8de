package io.espalier.worker.stage.job;

import io.espalier.worker.checkpoint.ModelDigests;
import io.espalier.worker.stage.DiskNeed;
import java.util.Optional;

/**
 * Preparation of a job before its child begins with it.
 *
 * @param child a child that waits for the job, if one was started
 * @param input digests of the input, if it was verified: the child need not read all of it again to
 *     know
 * @param need of its kind on the disk
 */
public record ChildPreparation(
    Optional<WarmChild> child, Optional<ModelDigests> input, DiskNeed need) {
  /** Nothing was done. */
  public static final ChildPreparation NONE =
      new ChildPreparation(Optional.empty(), Optional.empty());

  /** Of a kind that needs as much disk as is usual. */
  public ChildPreparation(Optional<WarmChild> child, Optional<ModelDigests> input) {
    this(child, input, DiskNeed.USUAL);
  }
}
