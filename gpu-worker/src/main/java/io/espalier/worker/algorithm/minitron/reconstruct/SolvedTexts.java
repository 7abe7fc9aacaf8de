package io.espalier.worker.algorithm.minitron.reconstruct;

import io.espalier.worker.algorithm.minitron.measure.TokenBatches;
import io.espalier.worker.algorithm.reconstruct.LeastSquares;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import java.util.stream.IntStream;

/**
 * The sequences that are solved on, in batches; the last quarter of each batch is held out.
 *
 * @param data holds the sequences
 * @param sequences how many of its first are taken
 * @param size sequences per batch; the last may have fewer
 */
record SolvedTexts(TextDataset data, int sequences, int size) implements TokenBatches {
  @Override
  public int count() {
    return (sequences + size - 1) / size;
  }

  @Override
  public TokenBatch get(int index) {
    return data.batch(IntStream.range(index * size, end(index)).toArray());
  }

  private int end(int batch) {
    return Math.min((batch + 1) * size, sequences);
  }

  /** Number of sequences of a batch. */
  int rows(int batch) {
    return end(batch) - batch * size;
  }

  /** The first of a batch that is held out, by its place in it. */
  int firstHeldOut(int batch) {
    return Math.toIntExact(LeastSquares.firstHeldOut(rows(batch)));
  }

  /** The sequences that are held out, each batch's as a batch. */
  TokenBatches heldOut() {
    int[] some =
        IntStream.range(0, count()).filter(batch -> firstHeldOut(batch) < rows(batch)).toArray();
    return new TokenBatches() {
      @Override
      public int count() {
        return some.length;
      }

      @Override
      public TokenBatch get(int index) {
        int from = some[index] * size;
        int first = from + firstHeldOut(some[index]);
        return data.batch(IntStream.range(first, end(some[index])).toArray());
      }
    };
  }
}
