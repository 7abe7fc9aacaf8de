package io.espalier.worker.algorithm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;

/**
 * The exponential running average of weights: with each step the share {@code min(d, (1 + t) / (10
 * + t))} of it stays and the rest comes from the weights, so that it is not held back by the start.
 * What is not trained, such as statistics of BatchNorm, is as it is in the weights.
 *
 * <p>Source: Polyak and Juditsky 1992; the growing share as in timm's {@code ModelEmaV3} with
 * warm-up off at 10 steps, and TensorFlow's {@code ExponentialMovingAverage}.
 */
final class WeightAverage implements AutoCloseable {
  private final Weights average;
  private final double share;

  /** The average of a start, which is the start. */
  WeightAverage(Weights start, double share) {
    this.average = start.keep(Kept.all());
    this.share = share;
  }

  /** Returns it; changes with every step. */
  Weights weights() {
    return average;
  }

  /** Takes note of weights after a step; gradients must not be recorded. */
  void add(Weights weights, long steps) {
    double stays = Math.min(share, (1.0 + steps) / (10.0 + steps));
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      for (TensorSpec tensor : weights.architecture().tensors()) {
        if (weights.has(tensor.name())) {
          NDArray target = average.get(tensor.name());
          Tensors.scaleInPlace(target, tensor.isTrained() ? stays : 0);
          Tensors.addScaledInPlace(
              target, weights.get(tensor.name()), tensor.isTrained() ? 1 - stays : 1);
        }
      }
    }
  }

  /** Puts it into the place of the weights. */
  void into(Weights weights) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      for (String name : weights.trainable()) {
        Tensors.scaleInPlace(weights.get(name), 0);
        Tensors.addScaledInPlace(weights.get(name), average.get(name), 1);
      }
    }
  }

  @Override
  public void close() {
    average.close();
  }
}
