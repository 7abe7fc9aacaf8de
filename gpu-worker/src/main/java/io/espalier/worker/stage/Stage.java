package io.espalier.worker.stage;

import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One kind of work on a model: (input directory, spec, data, seed) → (output directory, report).
 *
 * <p>The same job gives the same bits on the same device.
 */
public interface Stage {
  /** Returns what policies may say of it, and which models it needs. */
  StageDeclaration declaration();

  /** Returns what it does. */
  default StageKind kind() {
    return new StageKind(declaration().name());
  }

  /**
   * Bytes that must be free on the disk of a job before it begins: by default three times the
   * input, since the output is no larger, is copied once to be published, and that much again.
   *
   * @param job that is to begin; may be one that {@link #check} refuses later
   * @param inputBytes size of the input
   * @param referenceBytes size of each further model, by role
   */
  default long diskBytes(StageJob job, long inputBytes, Map<String, Long> referenceBytes) {
    return DiskNeed.USUAL.bytes(job, inputBytes, referenceBytes);
  }

  /** Version of what it computes; part of the cache key, so it changes whenever results may. */
  String version();

  /** A job with the model that its run began with, if this kind needs it as a teacher. */
  default StageJob taughtBy(Path original, StageJob job) {
    return declaration().references().contains(StageDeclaration.TEACHER)
        ? job.with(Map.of(StageDeclaration.TEACHER, original))
        : job;
  }

  /**
   * Goes on only if a job has every model that this kind needs besides its input.
   *
   * @throws InvalidInputException if it has not; names each role
   */
  default void requireReferences(StageJob job) {
    List<String> problems =
        declaration().references().stream()
            .filter(role -> !job.references().containsKey(role))
            .sorted()
            .map(
                role ->
                    "references.%s: stage kind %s needs this model, but the command has %s; upgrade the coordinator, which fills it in"
                        .formatted(role, kind(), job.references().keySet()))
            .toList();
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  /**
   * Refuses a job that cannot succeed, before any tensor is loaded.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if model, data or spec are bad; names
   *     every problem
   * @throws io.espalier.worker.domain.InfeasibleException if no model of the search space meets the
   *     constraints
   */
  void check(StageJob job);

  /**
   * Names of the metrics that a run of the job will report; whether the constraints can be met is
   * not looked at.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if model, data or spec are bad; names
   *     every problem
   */
  Set<String> metrics(StageJob job);

  /**
   * Does the work and leaves the result in the job's output directory.
   *
   * @throws io.espalier.worker.domain.WorkerException if it cannot
   */
  StageReport run(StageJob job, Progress.Listener progress);
}
