package io.espalier.worker.algorithm.reconstruct.transformer;

import io.espalier.worker.algorithm.reconstruct.LeastSquares;
import java.util.stream.IntStream;

/**
 * Batches of neighbouring samples; the last quarter of each is held out.
 *
 * @param samples how many there are in all
 * @param size samples per batch; the last may have fewer
 */
public record HeldOutBatches(int samples, int size) {
  /** Returns how many batches there are. */
  int count() {
    return (samples + size - 1) / size;
  }

  /** The samples of one of them. */
  int[] of(int batch) {
    return IntStream.range(batch * size, end(batch)).toArray();
  }

  /** The samples of one that are held out. */
  int[] heldOut(int batch) {
    int from = batch * size;
    int first = from + Math.toIntExact(LeastSquares.firstHeldOut(end(batch) - (long) from));
    return IntStream.range(first, end(batch)).toArray();
  }

  /** Number of all samples that are held out. */
  long heldOut() {
    return IntStream.range(0, count()).mapToLong(batch -> heldOut(batch).length).sum();
  }

  private int end(int batch) {
    return Math.min((batch + 1) * size, samples);
  }
}
