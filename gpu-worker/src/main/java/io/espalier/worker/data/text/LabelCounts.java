package io.espalier.worker.data.text;

import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Counts of each label that a model gives to texts of each: a confusion matrix. */
public final class LabelCounts {
  private final long[][] counts; // (right, given)
  private final List<Integer> decisions = new ArrayList<>(); // right · labels + given

  /** Counts for a model of that many labels, all 0. */
  public LabelCounts(int labels) {
    this.counts = new long[labels][labels];
  }

  /**
   * Takes what a model says of some texts: of each, the label with the highest score, the first of
   * equal ones.
   *
   * @param right label of each text
   * @param logits (text, label)
   * @throws InvalidInputException if a score is not a number
   */
  public void add(long[] right, float[] logits) {
    if (logits.length != right.length * counts.length) {
      throw new IllegalArgumentException(
          "%d texts of %d labels need %d scores, not %d"
              .formatted(right.length, counts.length, right.length * counts.length, logits.length));
    }
    for (int row = 0; row < right.length; row++) {
      int given = best(logits, row * counts.length);
      add((int) right[row], given, 1);
      decisions.add((int) right[row] * counts.length + given);
    }
  }

  private void add(int right, int given, int times) {
    counts[right][given] += times;
  }

  /** Counts of the same texts, each so many times. */
  public LabelCounts drawn(int[] times) {
    var drawn = new LabelCounts(counts.length);
    for (int text = 0; text < times.length; text++) {
      int decision = decisions.get(text);
      drawn.add(decision / counts.length, decision % counts.length, times[text]);
    }
    return drawn;
  }

  private int best(float[] logits, int from) {
    int best = 0;
    for (int label = 0; label < counts.length; label++) {
      float score = logits[from + label];
      if (Float.isNaN(score)) {
        throw new InvalidInputException(
            "the model's score of label %d is not a number; are its weights damaged?"
                .formatted(label));
      }
      best = score > logits[from + best] ? label : best;
    }
    return best;
  }

  /** Number of texts. */
  public long texts() {
    return IntStream.range(0, counts.length).mapToLong(this::right).sum();
  }

  /** Share of texts that were given the right label, from 0 to 1. */
  public double accuracy() {
    return (double) IntStream.range(0, counts.length).mapToLong(i -> counts[i][i]).sum() / texts();
  }

  /**
   * Mean F1 of the labels, from 0 to 1; labels that are neither right nor given of any text do not
   * count, as in scikit-learn.
   */
  public double macroF1() {
    return IntStream.range(0, counts.length)
        .filter(label -> right(label) + given(label) > 0)
        .mapToDouble(label -> 2.0 * counts[label][label] / (right(label) + given(label)))
        .average()
        .orElse(0);
  }

  private long right(int label) {
    return IntStream.range(0, counts.length).mapToLong(given -> counts[label][given]).sum();
  }

  private long given(int label) {
    return IntStream.range(0, counts.length).mapToLong(right -> counts[right][label]).sum();
  }
}
