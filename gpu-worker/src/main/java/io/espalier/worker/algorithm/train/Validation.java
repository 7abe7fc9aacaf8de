package io.espalier.worker.algorithm.train;

import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.Measure;
import java.util.Optional;
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
 * @param measure name of the measure that decides; empty for the {@linkplain Judgement#finest
 *     finest}
 * @param kept how many of the best judged weights are kept until the training is forgotten
 */
public record Validation(
    HeldOut heldOut, long every, OptionalInt patience, Optional<String> measure, int kept) {
  /** A rule; numbers must be positive. */
  public Validation {
    if (every < 1 || patience.orElse(1) < 1 || kept < 1) {
      throw new IllegalArgumentException(
          "a judgement every %d steps, patience %s, %d kept; wanted at least 1"
              .formatted(every, patience, kept));
    }
  }

  /** A rule by the finest measure that keeps the best alone. */
  public Validation(HeldOut heldOut, long every, OptionalInt patience) {
    this(heldOut, every, patience, Optional.empty(), 1);
  }

  /** Returns the measure that decides. */
  Measure deciding(Judgement judgement) {
    return measure
        .map(
            name ->
                judgement.measures().stream()
                    .filter(each -> each.name().equals(name))
                    .findFirst()
                    .orElseThrow(
                        () ->
                            new IllegalArgumentException(
                                "no measure %s among %s".formatted(name, judgement.measures()))))
        .orElseGet(judgement::finest);
  }
}
