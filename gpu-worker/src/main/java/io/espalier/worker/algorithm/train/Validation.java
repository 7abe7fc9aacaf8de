package io.espalier.worker.algorithm.train;

import java.util.OptionalInt;

/**
 * Rule by which a training is judged on the way: at the start, every so many steps, and at the end.
 * The best of what was judged goes out, the start included, so that no training makes a network
 * worse on what it is judged by.
 *
 * @param heldOut samples that are not learned from
 * @param every steps between two judgements
 * @param patience judgements in a row that are not better than the best before the training ends
 *     early; empty if it never does
 */
public record Validation(HeldOut heldOut, long every, OptionalInt patience) {
  /** A rule; numbers must be positive. */
  public Validation {
    if (every < 1 || patience.orElse(1) < 1) {
      throw new IllegalArgumentException(
          "a judgement every %d steps, patience %s; wanted at least 1".formatted(every, patience));
    }
  }
}
