package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.model.transformer.rope.RotaryPositions;
import io.espalier.worker.model.transformer.rope.Rotations;
import java.util.Optional;

/**
 * Facts of a batch that the layers of a {@link StackedNetwork} need besides what passes through
 * them; by its tokens alone, so it is made anew at any layer or kept for all of them.
 */
public final class BatchContext {
  private final Windows windows;
  private final NDArray everything;
  private final NDArray near;
  private final Optional<RotaryPositions> positions;
  private final Optional<RotaryPositions> nearPositions;

  /**
   * Those of a batch.
   *
   * @param tokens what is read
   * @param like an array of the type and on the device that is computed in
   * @param windows where tokens see only those near them
   * @param rotations what queries and keys are turned by, if they are
   */
  BatchContext(Tokens tokens, NDArray like, Windows windows, Rotations rotations) {
    int length = Math.toIntExact(tokens.ids().getShape().get(1));
    this.windows = windows;
    this.everything = SelfAttention.ofEarlierTokens(tokens.mask(), like);
    this.near =
        windows.layers().isEmpty() || length <= windows.size()
            ? everything
            : SelfAttention.ofNearTokens(tokens.mask(), like, windows.size());
    this.positions = rotations.far().map(turn -> RotaryPositions.of(like, tokens.mask(), turn));
    this.nearPositions =
        rotations
            .near()
            .map(turn -> RotaryPositions.of(like, tokens.mask(), turn))
            .or(() -> positions);
  }

  private BatchContext(NDArray everything) {
    this.windows = Windows.NONE;
    this.everything = everything;
    this.near = everything;
    this.positions = Optional.empty();
    this.nearPositions = Optional.empty();
  }

  /**
   * Those of a batch in which every token sees all real ones, wherever they stand.
   *
   * @param like as above
   */
  static BatchContext ofAllTokens(Tokens tokens, NDArray like) {
    return new BatchContext(SelfAttention.ofRealTokens(tokens.mask(), like));
  }

  /** Returns what is added to scores of attention in a layer: (batch, 1, tokens or 1, tokens). */
  NDArray mask(int layer) {
    return windows.layers().contains(layer) ? near : everything;
  }

  /** Returns what queries and keys are turned by in a layer, if they are. */
  Optional<RotaryPositions> positions(int layer) {
    return windows.layers().contains(layer) ? nearPositions : positions;
  }
}
