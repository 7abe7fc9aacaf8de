package io.espalier.worker.algorithm.family;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/**
 * What all layers of a {@link LayeredNetwork} need to know of a batch besides what passes through
 * them; by its tokens alone, so it is made anew at any layer or kept for all of them.
 */
public final class Surroundings {
  private final NDArray mask;
  private final Optional<RotaryPositions> positions;

  /**
   * Those of a batch.
   *
   * @param mask added to scores of attention, (batch, 1, tokens, tokens)
   * @param positions what queries and keys are turned by, if they are
   */
  Surroundings(NDArray mask, Optional<RotaryPositions> positions) {
    this.mask = mask;
    this.positions = positions;
  }

  NDArray mask() {
    return mask;
  }

  Optional<RotaryPositions> positions() {
    return positions;
  }
}
