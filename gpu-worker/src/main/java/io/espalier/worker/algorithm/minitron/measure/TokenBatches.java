package io.espalier.worker.algorithm.minitron.measure;

import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import java.util.stream.IntStream;

/** Batches of sequences of tokens in a fixed order. */
public interface TokenBatches {
  /** Returns how many there are. */
  int count();

  /** One of them. */
  TokenBatch get(int index);

  /**
   * Those of a data set.
   *
   * @param size sequences per batch; the last may have fewer
   * @param most batches at most
   */
  static TokenBatches of(TextDataset data, int size, int most) {
    int all = (data.size() + size - 1) / size;
    return new TokenBatches() {
      @Override
      public int count() {
        return Math.min(most, all);
      }

      @Override
      public TokenBatch get(int index) {
        int from = index * size;
        return data.batch(IntStream.range(from, Math.min(from + size, data.size())).toArray());
      }
    };
  }
}
