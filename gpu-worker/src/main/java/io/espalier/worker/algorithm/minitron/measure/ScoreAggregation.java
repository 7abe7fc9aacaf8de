package io.espalier.worker.algorithm.minitron.measure;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;

/**
 * Aggregation of numbers of which only the size counts: those of the tokens of a sequence, or those
 * of all sequences.
 *
 * <p>Source: Muralidharan et al., Compact Language Models via Pruning and Knowledge Distillation,
 * arXiv 2407.14679, which compares them; {@link #MEAN} over tokens and {@link #L2} over sequences
 * did best there and are what ModelOpt computes.
 */
public enum ScoreAggregation {
  /** The mean of the magnitudes. */
  MEAN("mean") {
    @Override
    NDArray overTokens(NDArray real, NDArray counts) {
      return Tensors.divide(Tensors.sum(Tensors.magnitude(real), 1), counts);
    }

    @Override
    double add(double before, double value) {
      return before + value;
    }

    @Override
    double settled(double all, long count) {
      return all / count;
    }
  },
  /** The root of the sum of the squares. */
  L2("l2") {
    @Override
    NDArray overTokens(NDArray real, NDArray counts) {
      return Tensors.sqrt(Tensors.sum(Tensors.square(real), 1));
    }

    @Override
    double add(double before, double value) {
      return before + value * value;
    }

    @Override
    double settled(double all, long count) {
      return Math.sqrt(all);
    }
  },
  /** The largest magnitude. */
  MAX("max") {
    @Override
    NDArray overTokens(NDArray real, NDArray counts) {
      return Tensors.largest(Tensors.magnitude(real), 1);
    }

    @Override
    double add(double before, double value) {
      return Math.max(before, value);
    }

    @Override
    double settled(double all, long count) {
      return all;
    }
  };

  private final String key;

  ScoreAggregation(String key) {
    this.key = key;
  }

  /** Its name in policies and reports. */
  public String key() {
    return key;
  }

  /**
   * Over the tokens of each sequence.
   *
   * @param real (batch, tokens, units), zero at padding
   * @param counts real tokens of each sequence, (batch, 1)
   * @return (batch, units), not negative
   */
  abstract NDArray overTokens(NDArray real, NDArray counts);

  /** Returns what one more sequence makes of all before it; those begin with 0. */
  abstract double add(double before, double value);

  /** Returns what it comes to in the end. */
  abstract double settled(double all, long count);
}
