package io.espalier.worker.algorithm.evaluate;

/**
 * Sums of what a model says of samples.
 *
 * @param <T> those of another model of the same samples
 */
public interface Tally<T> {
  /**
   * Returns how good the model is, by itself and beside the original.
   *
   * @param original what the original says of the same samples
   */
  Judgement judgement(T original);
}
