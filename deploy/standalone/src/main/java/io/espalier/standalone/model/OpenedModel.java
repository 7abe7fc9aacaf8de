package io.espalier.standalone.model;

import io.espalier.worker.algorithm.family.Family;
import io.espalier.worker.algorithm.family.KnownModel;
import io.espalier.worker.algorithm.fastnas.Plan;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.model.Architecture;
import java.nio.file.Path;

/**
 * A model directory that has been checked: its files are whole, its family is known, and every
 * tensor has the shape that its architecture asks for.
 *
 * @param directory its files
 * @param family its family
 * @param architecture what it is made of
 */
public record OpenedModel(ModelDirectory directory, Family family, Architecture architecture) {
  /**
   * Opens a directory; reads headers only.
   *
   * @throws io.espalier.worker.domain.InvalidInputException with every problem
   */
  public static OpenedModel open(Path path) {
    KnownModel known = KnownModel.of(ModelDirectory.open(path));
    return new OpenedModel(known.directory(), known.family(), known.architecture());
  }

  /** What it costs as it is. */
  public Cost cost() {
    return Plan.whole(architecture, directory);
  }
}
