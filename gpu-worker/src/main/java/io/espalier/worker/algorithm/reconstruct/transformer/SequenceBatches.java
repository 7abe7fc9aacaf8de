package io.espalier.worker.algorithm.reconstruct.transformer;

import io.espalier.worker.algorithm.reconstruct.LeastSquares;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import java.util.stream.IntStream;

/**
 * Batches of neighbouring sequences; the last quarter of each is held out.
 *
 * @param size sequences per batch; the last may have fewer
 */
public record SequenceBatches(TextDataset data, int size) {
  /** Returns how many there are. */
  int count() {
    return (data.size() + size - 1) / size;
  }

  /** One of them. */
  TokenBatch get(int batch) {
    return data.batch(IntStream.range(batch * size, end(batch)).toArray());
  }

  /** The sequences of one that are held out. */
  int[] heldOut(int batch) {
    int from = batch * size;
    int first = from + Math.toIntExact(LeastSquares.firstHeldOut(end(batch) - (long) from));
    return IntStream.range(first, end(batch)).toArray();
  }

  /** Number of all sequences that are held out. */
  long heldOut() {
    return IntStream.range(0, count()).mapToLong(batch -> heldOut(batch).length).sum();
  }

  private int end(int batch) {
    return Math.min((batch + 1) * size, data.size());
  }
}
