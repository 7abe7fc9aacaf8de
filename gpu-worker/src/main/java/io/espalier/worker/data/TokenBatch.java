package io.espalier.worker.data;

import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * Some sequences of tokens, filled up at the right to one length.
 *
 * @param rows number of sequences
 * @param length tokens of each, padding included
 * @param ids token ids, row by row
 * @param mask 1 for a real token, 0 for padding, row by row
 * @param types segment of each token, row by row
 * @param labels what is right, by task: question-answering first and last token of the answer of
 *     each row, two numbers a row; text-classification the label of each row, if it has one; the
 *     tasks that say something of each token as many numbers as {@code ids}, {@value #IGNORED}
 *     where nothing is asked. Causal models shift by one inside the loss, so their labels are the
 *     ids themselves. Empty if nothing is known
 * @param targets what scores should be, where they are to be numbers, for each row one for each
 *     score: of several labels 1 for those that are right and 0 for the others; else empty
 */
@SuppressWarnings("ArrayRecordComponent") // a hot path: the arrays go straight into a tensor
public record TokenBatch(
    int rows, int length, long[] ids, long[] mask, long[] types, long[] labels, float[] targets) {
  /** The label of a token of which nothing is asked. */
  public static final long IGNORED = -100;

  /** A batch; sizes must fit. */
  public TokenBatch {
    int all = rows * length;
    if (ids.length != all || mask.length != all || types.length != all) {
      throw new IllegalArgumentException(
          "%d rows of %d tokens, but %d ids, %d of mask, %d types"
              .formatted(rows, length, ids.length, mask.length, types.length));
    }
  }

  /** A batch of which no scores are to be numbers. */
  public TokenBatch(int rows, int length, long[] ids, long[] mask, long[] types, long[] labels) {
    this(rows, length, ids, mask, types, labels, new float[0]);
  }

  /**
   * Number of tokens of which something is asked, where labels are one a token: what a mean loss is
   * the mean over.
   *
   * @param causal whether each token is asked of the one before it, so that the first of each row
   *     is never asked
   */
  public int asked(boolean causal) {
    if (labels.length != ids.length) {
      throw new IllegalStateException(
          "%d labels are not one for each of %d tokens".formatted(labels.length, ids.length));
    }
    int asked = 0;
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] != IGNORED && !(causal && i % length == 0)) {
        asked++;
      }
    }
    return asked;
  }

  /** One of the sequences, where labels are one a token or none is known. */
  public TokenBatch row(int row) {
    int from = row * length;
    int to = from + length;
    return new TokenBatch(
        1,
        length,
        Arrays.copyOfRange(ids, from, to),
        Arrays.copyOfRange(mask, from, to),
        Arrays.copyOfRange(types, from, to),
        labels.length == 0 ? labels : Arrays.copyOfRange(labels, from, to));
  }

  /**
   * The same where each id is its place in a list.
   *
   * @param known all ids that occur, ascending
   */
  public TokenBatch among(int[] known) {
    long[] places =
        LongStream.of(ids).map(id -> Arrays.binarySearch(known, Math.toIntExact(id))).toArray();
    return new TokenBatch(rows, length, places, mask, types, labels, targets);
  }

  /** For each token the label of the one after it; the last of a row has none. */
  public long[] nextLabels() {
    long[] next = new long[labels.length];
    for (int i = 0; i < next.length; i++) {
      next[i] = (i + 1) % length == 0 ? IGNORED : labels[i + 1];
    }
    return next;
  }
}
