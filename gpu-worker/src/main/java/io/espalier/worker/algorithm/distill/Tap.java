package io.espalier.worker.algorithm.distill;

/**
 * A place in a network's pass at which something is looked at.
 *
 * @param kind what
 * @param place layer or section, see {@link InnerLoss}
 */
public record Tap(Kind kind, int place) {
  /** Something that a pass computes on its way. */
  public enum Kind {
    /** State that leaves a layer or section. */
    STATE,
    /** Attention of a layer's tokens to each other: scores before softmax. */
    ATTENTION
  }

  /** State that leaves a place. */
  static Tap state(int place) {
    return new Tap(Kind.STATE, place);
  }

  /** Attention of tokens to each other in a layer. */
  static Tap attention(int layer) {
    return new Tap(Kind.ATTENTION, layer);
  }
}
