package io.espalier.worker.stage;

import java.util.Map;

/** Bytes that a job needs on its disk, by the sizes of its models. */
@FunctionalInterface
public interface DiskNeed {
  /**
   * Three times the input: the output is no larger, is copied once to be published, and that much
   * again.
   */
  DiskNeed USUAL = (inputBytes, referenceBytes) -> 3 * inputBytes;

  /**
   * Bytes that must be free before it begins.
   *
   * @param inputBytes size of the input
   * @param referenceBytes size of each further model, by role
   */
  long bytes(long inputBytes, Map<String, Long> referenceBytes);
}
