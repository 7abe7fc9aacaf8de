package io.espalier.worker.kafka.work;

import io.espalier.worker.checkpoint.file.FileListing;
import io.espalier.worker.checkpoint.store.InputRoots;

/**
 * Inputs that a worker reads for commands.
 *
 * @param roots where it may lie
 * @param limits how large a model or data set may be
 */
public record InputRules(InputRoots roots, FileListing.Limits limits) {
  /** Only what lies in artifact stores, up to the usual size. */
  public static final InputRules STANDARD =
      new InputRules(InputRoots.stores(), FileListing.Limits.STANDARD);
}
