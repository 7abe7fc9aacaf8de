package io.espalier.worker.data.text;

import io.espalier.worker.data.TokenBatch;
import java.util.Arrays;
import java.util.List;

/** Known right answers of a sequence. */
enum Labelling {
  /** Nothing. */
  NONE,
  /** One label. */
  ROW,
  /** A number for each score. */
  TARGETS,
  /** First and last token of an answer. */
  SPAN,
  /** A label for each token. */
  TOKEN;

  /** The rows filled up with a padding token to the longest of them. */
  TokenBatch batch(List<Sequence> rows, long padding) {
    int length = rows.stream().mapToInt(Sequence::length).max().orElse(0);
    var ids = new long[rows.size() * length];
    Arrays.fill(ids, padding);
    var mask = new long[ids.length];
    var types = new long[ids.length];
    int width = width(length);
    var labels = new long[rows.size() * width];
    Arrays.fill(labels, TokenBatch.IGNORED);
    for (int row = 0; row < rows.size(); row++) {
      Sequence sequence = rows.get(row);
      for (int i = 0; i < sequence.length(); i++) {
        ids[row * length + i] = sequence.ids()[i];
        mask[row * length + i] = 1;
        types[row * length + i] = sequence.types()[i];
      }
      for (int i = 0; i < sequence.labels().length; i++) {
        labels[row * width + i] = sequence.labels()[i];
      }
    }
    return new TokenBatch(rows.size(), length, ids, mask, types, labels, targets(rows));
  }

  private static float[] targets(List<Sequence> rows) {
    int width = rows.get(0).targets().length;
    var targets = new float[rows.size() * width];
    for (int row = 0; row < rows.size(); row++) {
      System.arraycopy(rows.get(row).targets(), 0, targets, row * width, width);
    }
    return targets;
  }

  private int width(int length) {
    return switch (this) {
      case NONE, TARGETS -> 0;
      case ROW -> 1;
      case SPAN -> 2;
      case TOKEN -> length;
    };
  }
}
