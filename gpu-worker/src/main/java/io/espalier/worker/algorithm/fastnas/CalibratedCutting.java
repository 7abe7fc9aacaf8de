package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.prune.Phases;
import io.espalier.worker.algorithm.prune.WidthCutting;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.model.Kept;
import java.nio.file.Path;

/**
 * Cuts by a sensitivity map, and completes what was cut.
 *
 * @param plan its costs know latency if it is bounded
 */
record CalibratedCutting(
    FastNasPlan plan, FastNas fastNas, SensitivityMap map, CutCompletion completion, Phases phases)
    implements WidthCutting<CalibratedCutting.Cut> {
  /**
   * A cut model.
   *
   * @param plan what is known of its files
   * @param completed what was done to them after the cut
   */
  record Cut(FastNasPlan plan, CompletedCut completed) {}

  @Override
  public Selection select(Budget budget) {
    return fastNas.select(map, plan.costs(), budget);
  }

  @Override
  public Kept kept(Widths widths) {
    return fastNas.kept(map, widths);
  }

  @Override
  public Cut cut(Kept kept, Path output) {
    phases.time("surgery", () -> Surgery.cut(plan.model(), plan.architecture(), kept, output));
    FastNasPlan cut = FastNasPlan.of(ModelDirectory.open(output), 1);
    return new Cut(cut, phases.time(phase(), () -> completion.complete(cut, kept)));
  }

  private String phase() {
    return completion.settings().reconstruct() == ReconstructionMode.OFF
        ? "calibration"
        : "reconstruction";
  }
}
