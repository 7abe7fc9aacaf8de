package io.espalier.worker.data.text;

import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Counts of each label that a model gives to texts that may have several, and of right ones. */
public final class LabelSetCounts {
  private final long[] hits;
  private final long[] given;
  private final long[] right;
  private final List<BitSet> said = new ArrayList<>(); // of each text
  private final List<BitSet> wanted = new ArrayList<>();

  /** Counts for a model of that many labels, all 0. */
  public LabelSetCounts(int labels) {
    this.hits = new long[labels];
    this.given = new long[labels];
    this.right = new long[labels];
  }

  /**
   * Takes what a model says of some texts: it gives each label whose score is over 0, so that its
   * sigmoid is over one half.
   *
   * @param targets (text, label), 1 for a label that is right, else 0
   * @param logits (text, label)
   * @throws InvalidInputException if a score is not a number
   */
  public void add(float[] targets, float[] logits) {
    if (logits.length != targets.length || logits.length % hits.length != 0) {
      throw new IllegalArgumentException(
          "%d scores for %d targets of %d labels"
              .formatted(logits.length, targets.length, hits.length));
    }
    for (int from = 0; from < logits.length; from += hits.length) {
      said.add(labels(from, logits, 0));
      wanted.add(labels(from, targets, 0.5f));
      add(said.size() - 1, said, wanted, 1);
    }
  }

  /** The labels of a text whose number is over a limit. */
  private BitSet labels(int from, float[] numbers, float limit) {
    var labels = new BitSet();
    for (int label = 0; label < hits.length; label++) {
      if (Float.isNaN(numbers[from + label])) {
        throw new InvalidInputException(
            "the model's score of label %d is not a number; are its weights damaged?"
                .formatted(label));
      }
      labels.set(label, numbers[from + label] > limit);
    }
    return labels;
  }

  private void add(int text, List<BitSet> saidOf, List<BitSet> wantedOf, int times) {
    for (int label = 0; label < hits.length; label++) {
      boolean isSaid = saidOf.get(text).get(label);
      boolean isWanted = wantedOf.get(text).get(label);
      hits[label] += isSaid && isWanted ? times : 0;
      given[label] += isSaid ? times : 0;
      right[label] += isWanted ? times : 0;
    }
  }

  /** Number of texts. */
  public int texts() {
    return said.size();
  }

  /** Counts of the same texts, each so many times. */
  public LabelSetCounts drawn(int[] times) {
    var drawn = new LabelSetCounts(hits.length);
    for (int text = 0; text < times.length; text++) {
      drawn.add(text, said, wanted, times[text]);
    }
    return drawn;
  }

  /** F1 of all labels of all texts together, from 0 to 1. */
  public double microF1() {
    return f1(LongStream.of(hits).sum(), LongStream.of(given).sum() + LongStream.of(right).sum());
  }

  /**
   * Mean F1 of the labels, from 0 to 1. One that is neither right nor given of any text counts as
   * 0, as in scikit-learn.
   */
  public double macroF1() {
    return IntStream.range(0, hits.length)
        .mapToDouble(label -> f1(hits[label], given[label] + right[label]))
        .average()
        .orElse(0);
  }

  private static double f1(long hits, long givenAndRight) {
    return givenAndRight == 0 ? 0 : 2.0 * hits / givenAndRight;
  }
}
