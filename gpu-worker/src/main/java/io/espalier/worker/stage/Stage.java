package io.espalier.worker.stage;

import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import java.util.Set;

/**
 * One kind of work on a model: (input directory, spec, data, seed) → (output directory, report).
 *
 * <p>The same job gives the same bits on the same device.
 */
public interface Stage {
  /** What it does. */
  StageKind kind();

  /** Version of what it computes; part of the cache key, so it changes whenever results may. */
  String version();

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
