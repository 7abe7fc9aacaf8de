package io.espalier.worker.algorithm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Adam with decoupled weight decay, in place.
 *
 * <p>For a weight w with gradient g at step t: {@code m = β₁·m + (1-β₁)·g; v = β₂·v + (1-β₂)·g²; w
 * -= rate · decay · w; w -= rate · (m / (1-β₁ᵗ)) / (√(v / (1-β₂ᵗ)) + ε)}, with β₁ 0.9, β₂ 0.999, ε
 * 1e-8. Only weights of two dimensions or more decay.
 *
 * <p>Source: Loshchilov and Hutter, Decoupled weight decay regularization, arXiv 1711.05101, in the
 * form of {@code torch.optim.AdamW}.
 */
final class AdamW {
  private static final double BETA_1 = 0.9;
  private static final double BETA_2 = 0.999;
  private static final double EPSILON = 1e-8;

  private record Moments(NDArray first, NDArray second) {}

  private final Weights weights;
  private final AdamWSettings settings;
  private final Map<String, Moments> moments = new LinkedHashMap<>();
  private int steps;

  /** An optimizer at rest; its state lives as long as the weights. */
  AdamW(Weights weights, AdamWSettings settings) {
    this.weights = weights;
    this.settings = settings;
    for (TensorSpec tensor : weights.architecture().tensors()) {
      if (tensor.isTrained()) {
        moments.put(tensor.name(), new Moments(zeros(tensor), zeros(tensor)));
      }
    }
  }

  private NDArray zeros(TensorSpec tensor) {
    NDArray zeros = Tensors.full(weights.get(tensor.name()), 0, tensor.shape());
    NDScope.unregister(zeros);
    return zeros;
  }

  /** Takes a step along the gradients, and clears them; gradients must be off. */
  void step(double rate) {
    steps++;
    double shortened = Math.min(1, settings.largestNorm() / (norm() + 1e-6));
    moments.forEach((name, moment) -> update(name, moment, rate, shortened));
    weights.clearGradients();
  }

  /** Length of all gradients together. */
  private double norm() {
    double squares = 0;
    for (String name : moments.keySet()) {
      squares += Tensors.sum(Tensors.square(weights.gradient(name))).getFloat();
    }
    return Math.sqrt(squares);
  }

  private void update(String name, Moments moment, double rate, double shortened) {
    NDArray weight = weights.get(name);
    NDArray gradient = weights.gradient(name);
    Tensors.scaleInPlace(gradient, shortened);
    Tensors.scaleInPlace(moment.first(), BETA_1);
    Tensors.addScaledInPlace(moment.first(), gradient, 1 - BETA_1);
    Tensors.scaleInPlace(moment.second(), BETA_2);
    Tensors.addScaledInPlace(moment.second(), Tensors.square(gradient), 1 - BETA_2);
    if (weight.getShape().dimension() > 1 && settings.weightDecay() > 0) {
      Tensors.scaleInPlace(weight, 1 - rate * settings.weightDecay());
    }
    double first = 1 - Math.pow(BETA_1, steps);
    double second = 1 - Math.pow(BETA_2, steps);
    NDArray root = Tensors.add(Tensors.sqrt(Tensors.scale(moment.second(), 1 / second)), EPSILON);
    Tensors.addScaledInPlace(weight, Tensors.divide(moment.first(), root), -rate / first);
  }
}
