package io.espalier.worker.algorithm.minitron.cut;

import io.espalier.worker.algorithm.minitron.measure.UnitSelection;
import io.espalier.worker.algorithm.minitron.space.PerLayerSpace;
import io.espalier.worker.algorithm.prune.WidthCutting;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Sensitivities;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.MaskableModel;
import java.nio.file.Path;

/**
 * Chooses widths of each layer by itself.
 *
 * @param units decides which units stay
 * @param losses of each width
 */
public record PerLayerCutting(
    PerLayerSpace options, UnitSelection units, Sensitivities losses, SubnetWriter<?> files)
    implements WidthCutting<MaskableModel> {
  @Override
  public Selection select(Budget budget) {
    return options.select(budget, losses);
  }

  @Override
  public Kept kept(Widths widths) {
    return units.of(widths.units());
  }

  @Override
  public MaskableModel cut(Kept kept, Path output) {
    return files.cut(kept, output);
  }

  @Override
  public String remedy() {
    return "allow smaller ones by maxWidthPruning or smaller divisors";
  }
}
