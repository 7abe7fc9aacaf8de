package io.espalier.worker.stage.prune;

import io.espalier.worker.algorithm.prune.Decision.Solved;
import io.espalier.worker.algorithm.prune.PruningOutcome;
import io.espalier.worker.domain.model.Axis;
import java.util.List;

/** Facts of a pruning that chose a width for each axis of a space. */
interface WidthSearchFacts extends AlgorithmFacts {
  /** The pruning in numbers. */
  PruningOutcome<Solved> outcome();

  @Override
  default List<Axis> axes() {
    return space().architecture().axes();
  }

  @Override
  default int width(Axis axis) {
    return outcome().decision().selection().widths().of(axis);
  }
}
