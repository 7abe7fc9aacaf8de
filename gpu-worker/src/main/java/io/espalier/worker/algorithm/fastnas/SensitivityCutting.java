package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.prune.Phases;
import io.espalier.worker.algorithm.prune.WidthCutting;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.model.Kept;
import java.nio.file.Path;

/**
 * Cuts by a sensitivity map.
 *
 * @param plan its costs know latency if it is bounded
 */
record SensitivityCutting(FastNasPlan plan, FastNas fastNas, SensitivityMap map, Phases phases)
    implements WidthCutting<FastNasPlan> {
  @Override
  public Selection select(Budget budget) {
    return fastNas.select(map, plan.costs(), budget);
  }

  @Override
  public Kept kept(Widths widths) {
    return fastNas.kept(map, widths);
  }

  @Override
  public FastNasPlan cut(Kept kept, Path output) {
    phases.time("surgery", () -> Surgery.cut(plan.model(), plan.architecture(), kept, output));
    return FastNasPlan.of(ModelDirectory.open(output), 1);
  }
}
