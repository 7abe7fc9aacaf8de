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
final class AdamWOptimizer implements Optimizer {
  private static final double BETA_1 = 0.9;
  private static final double BETA_2 = 0.999;
  private static final double EPSILON = 1e-8;

  private record Moments(NDArray first, NDArray second) {}

  private final Weights weights;
  private final OptimizerSettings.AdamW settings;
  private final Map<String, Moments> moments = new LinkedHashMap<>();

  /** An optimizer at rest; its state lives as long as the weights. */
  AdamWOptimizer(Weights weights, OptimizerSettings.AdamW settings) {
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

  /** The running means of gradients and of their squares, by the tensors' names. */
  @Override
  public Map<String, NDArray> state() {
    Map<String, NDArray> state = new LinkedHashMap<>();
    moments.forEach(
        (name, moment) -> {
          state.put("first." + name, moment.first());
          state.put("second." + name, moment.second());
        });
    return state;
  }

  @Override
  public void step(double rate, long number) {
    moments.forEach((name, moment) -> update(name, moment, rate, number));
    weights.clearGradients();
  }

  private void update(String name, Moments moment, double rate, long number) {
    NDArray weight = weights.get(name);
    NDArray gradient = weights.gradient(name);
    Tensors.scaleInPlace(moment.first(), BETA_1);
    Tensors.addScaledInPlace(moment.first(), gradient, 1 - BETA_1);
    Tensors.scaleInPlace(moment.second(), BETA_2);
    Tensors.addScaledInPlace(moment.second(), Tensors.square(gradient), 1 - BETA_2);
    if (weight.getShape().dimension() > 1 && settings.weightDecay() > 0) {
      Tensors.scaleInPlace(weight, 1 - rate * settings.weightDecay());
    }
    double first = 1 - Math.pow(BETA_1, number);
    double second = 1 - Math.pow(BETA_2, number);
    NDArray root = Tensors.add(Tensors.sqrt(Tensors.scale(moment.second(), 1 / second)), EPSILON);
    Tensors.addScaledInPlace(weight, Tensors.divide(moment.first(), root), -rate / first);
  }
}
