package io.espalier.worker.stage;

import io.espalier.worker.domain.job.StageJob;
import java.util.Map;

/** Bytes that a job needs on its disk, by what it asks for and the sizes of its models. */
@FunctionalInterface
public interface DiskNeed {
  /**
   * Three times the input: the output is no larger, is copied once to be published, and that much
   * again.
   */
  DiskNeed USUAL = (job, inputBytes, referenceBytes) -> 3 * inputBytes;

  /**
   * Bytes that must be free before it begins.
   *
   * @param job that is to begin; may be one that its check refuses later
   * @param inputBytes size of the input
   * @param referenceBytes size of each further model, by role
   */
  long bytes(StageJob job, long inputBytes, Map<String, Long> referenceBytes);
}
