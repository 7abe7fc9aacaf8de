package io.espalier.worker.stage.prune;

import io.espalier.worker.algorithm.prune.PruningOutcome;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.report.Reports;
import io.espalier.worker.stage.Opening;
import io.espalier.worker.stage.ResultFiles;
import java.util.LinkedHashMap;

/** Result of a pruning whose weights are written: what is told of it, and the files beside them. */
interface PruningResult {
  /** The job that asked for it. */
  StageJob job();

  /** The model that went in. */
  ModelDirectory original();

  /** Returns what the result is made of. */
  Architecture made();

  /** The pruning in numbers. */
  PruningOutcome<?> outcome();

  /** SHA-256 of the data that it was judged by. */
  String dataDigest();

  /** Returns what is said to whoever ordered the pruning. */
  StageReport report();

  /** Returns how the result is opened. */
  Opening opening();

  /** Returns what the algorithm alone can tell. */
  AlgorithmFacts facts();

  /** Writes files that only this algorithm leaves. */
  default void writeOthers(ResultFiles files, StageReport report) {}

  /** Completes the output directory, and returns what is said of it. */
  default StageReport deliver() {
    StageReport report = report();
    var files = new ResultFiles(job(), original().rootDigest());
    var widths = new LinkedHashMap<String, Integer>();
    made().axes().forEach(axis -> widths.put(axis.name(), axis.units()));
    files.markWidths(widths);
    files.writeProvenance(report, dataDigest(), outcome().kept(), made().shapes(), opening());
    writeOthers(files, report);
    Reports.write(
        job().output(),
        new PruningFacts(outcome(), job().seed(), facts()).report(report, opening()));
    return report;
  }
}
