package io.espalier.worker.model.transformer.rope;

import java.util.Optional;

/**
 * Rotations of queries and keys by position in the layers of a decoder.
 *
 * @param far in layers that see everything, if they turn
 * @param near in layers that see only near tokens; empty if those turn as the others
 */
public record Rotations(Optional<Rotation> far, Optional<Rotation> near) {
  /** No layer turns them. */
  public static final Rotations NONE = new Rotations(Optional.empty(), Optional.empty());

  /** The same in all layers. */
  public static Rotations of(Rotation rotation) {
    return new Rotations(Optional.of(rotation), Optional.empty());
  }
}
