package io.espalier.worker.algorithm.minitron.measure;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;

/**
 * Log probabilities of neighbouring tokens of the vocabulary, as if there were no others, and the
 * total weight of these tokens.
 */
final class SliceLogProbabilities {
  /*
   * Softmax is over the whole vocabulary. With x the scores of a slice, M its largest and S the sum
   * of exp(x - M), log(exp(x) / sum over all) is that among the slice's own, x - M - log S, plus the
   * slice's mass M + log S, less the mass of all. Masses are differences of float32 numbers, taken
   * in float64, where they are exact. Of a single slice the two masses are the same, so that nothing
   * changes.
   */
  private final NDArray logs;
  private final float[] largest;
  private final float[] largestLogs;

  /**
   * Of scores.
   *
   * @param scores (places, tokens of the vocabulary)
   */
  SliceLogProbabilities(NDArray scores) {
    this.logs = Tensors.logSoftmax(scores, 1);
    this.largest = Tensors.largest(scores, 1).toFloatArray();
    this.largestLogs = Tensors.largest(logs, 1).toFloatArray();
  }

  /** Logarithms of the softmax over the slice, (places, tokens of the vocabulary). */
  NDArray logs() {
    return logs;
  }

  /** Logarithm of the sum of the exponentials of all scores of a place. */
  double mass(int place) {
    return (double) largest[place] - largestLogs[place];
  }

  /** The mass of two slices together; of one alone if the other has none. */
  static double together(double one, double other) {
    double more = Math.max(one, other);
    double less = Math.min(one, other);
    return less == Double.NEGATIVE_INFINITY ? more : more + Math.log1p(Math.exp(less - more));
  }
}
