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

  /**
   * Returns how many copies of the input it leaves on the disk while it works, beside what any
   * stage needs; 0 for a job that {@link #check} refuses.
   */
  default int copies(StageJob job) {
    return 0;
  }

  /** Names of the metrics that a run of the job will report. */
  Set<String> metrics(StageJob job);

  /** Does the work and leaves the result in the job's output directory. */
  StageReport run(StageJob job, Progress.Listener progress);
}
