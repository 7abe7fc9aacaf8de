package io.espalier.worker.data.text;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A text, or a pair of texts, as tokens.
 *
 * @param ids of the tokens
 * @param types segment of each token
 * @param sources which of the two texts each token comes from; {@value #ADDED} if from none
 * @param begins where each token begins in its text, in {@code char}s of the Java string; 0 if
 *     added
 * @param ends where each token ends in its text, exclusive; 0 if added
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; one per text, so lists would cost
record Encoded(int[] ids, int[] types, int[] sources, int[] begins, int[] ends) {
  /** The source of a token that the tokenizer added, such as {@code [CLS]}. */
  static final int ADDED = -1;

  int length() {
    return ids.length;
  }

  /** Number of tokens of one of the two texts. */
  int count(int source) {
    return (int) Arrays.stream(sources).filter(one -> one == source).count();
  }

  /** The tokens at these positions only. */
  Encoded at(IntStream positions) {
    int[] kept = positions.toArray();
    return new Encoded(
        at(ids, kept), at(types, kept), at(sources, kept), at(begins, kept), at(ends, kept));
  }

  private static int[] at(int[] values, int[] positions) {
    return Arrays.stream(positions).map(position -> values[position]).toArray();
  }
}
