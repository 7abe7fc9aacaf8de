package io.espalier.worker.algorithm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Stochastic gradient descent with momentum, in place.
 *
 * <p>For a weight w with gradient g: {@code g += decay · w; v = momentum · v + g; w -= rate · v},
 * or with Nesterov's variant {@code w -= rate · (g + momentum · v)}. Only weights of two dimensions
 * or more decay: convolutions and linear layers, neither BatchNorm nor biases.
 *
 * <p>Source: Sutskever et al., On the importance of initialization and momentum in deep learning,
 * ICML 2013, in the form of {@code torch.optim.SGD}.
 */
final class SgdOptimizer implements Optimizer {
  private final Weights weights;
  private final OptimizerSettings.Sgd settings;
  private final Map<String, NDArray> velocities = new LinkedHashMap<>();

  /** An optimizer at rest; its state lives as long as the weights. */
  SgdOptimizer(Weights weights, OptimizerSettings.Sgd settings) {
    this.weights = weights;
    this.settings = settings;
    for (TensorSpec tensor : weights.architecture().tensors()) {
      if (tensor.isTrained()) {
        NDArray velocity = Tensors.full(weights.get(tensor.name()), 0, tensor.shape());
        NDScope.unregister(velocity);
        velocities.put(tensor.name(), velocity);
      }
    }
  }

  /** The momentum of each trained tensor, by its name. */
  @Override
  public Map<String, NDArray> state() {
    return Collections.unmodifiableMap(velocities);
  }

  @Override
  public void step(double rate, long number) {
    velocities.forEach((name, velocity) -> update(name, velocity, rate));
    weights.clearGradients();
  }

  private void update(String name, NDArray velocity, double rate) {
    NDArray weight = weights.get(name);
    NDArray gradient = weights.gradient(name);
    if (weight.getShape().dimension() > 1 && settings.weightDecay() > 0) {
      Tensors.addScaledInPlace(gradient, weight, settings.weightDecay());
    }
    Tensors.scaleInPlace(velocity, settings.momentum());
    Tensors.addScaledInPlace(velocity, gradient, 1);
    if (settings.nesterov()) {
      Tensors.addScaledInPlace(weight, gradient, -rate);
      Tensors.addScaledInPlace(weight, velocity, -rate * settings.momentum());
    } else {
      Tensors.addScaledInPlace(weight, velocity, -rate);
    }
  }
}
