package io.espalier.worker.stage.prune;

import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.stage.Stage;
import java.util.Set;

/** An algorithm that prunes; methods as those of {@link Stage}. */
interface Pruner {
  /** Version of what it computes. */
  String version();

  /** Refuses a job that cannot succeed, before any tensor is loaded. */
  void check(StageJob job);

  /** Names of the metrics that a run of the job will report. */
  Set<String> metrics(StageJob job);

  /** Does the work and leaves the result in the job's output directory. */
  StageReport run(StageJob job, Progress.Listener progress);
}
