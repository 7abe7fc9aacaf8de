package io.espalier.worker.algorithm.train;

import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;

/** Choice of an optimizer. */
public sealed interface OptimizerSettings {
  /** An optimizer at rest; its state lives as long as the weights. */
  Optimizer of(Weights weights);

  /** The same without any decay of weights. */
  OptimizerSettings withoutDecay();

  /**
   * Stochastic gradient descent with momentum.
   *
   * @param momentum share of the last step that goes on, from 0 up to (excluding) 1
   * @param nesterov whether the gradient counts ahead of the momentum
   * @param weightDecay factor of the L2 penalty on weights of convolutions and linear layers
   */
  record Sgd(double momentum, boolean nesterov, double weightDecay) implements OptimizerSettings {
    /** Settings in range. */
    public Sgd {
      List<String> problems = new ArrayList<>();
      if (!(momentum >= 0 && momentum < 1)) {
        problems.add("momentum must be from 0 to less than 1: " + momentum);
      }
      decay(weightDecay, problems);
      require(problems);
    }

    @Override
    public Optimizer of(Weights weights) {
      return new SgdOptimizer(weights, this);
    }

    @Override
    public OptimizerSettings withoutDecay() {
      return new Sgd(momentum, nesterov, 0);
    }
  }

  /**
   * Adam with decoupled weight decay.
   *
   * @param weightDecay share of a weight that goes with each step of rate 1; not of biases and
   *     norms
   */
  record AdamW(double weightDecay) implements OptimizerSettings {
    /** Settings in range. */
    public AdamW {
      List<String> problems = new ArrayList<>();
      decay(weightDecay, problems);
      require(problems);
    }

    @Override
    public Optimizer of(Weights weights) {
      return new AdamWOptimizer(weights, this);
    }

    @Override
    public OptimizerSettings withoutDecay() {
      return new AdamW(0);
    }
  }

  private static void decay(double weightDecay, List<String> problems) {
    if (!(weightDecay >= 0)) {
      problems.add("weightDecay must not be negative: " + weightDecay);
    }
  }

  private static void require(List<String> problems) {
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", problems));
    }
  }
}
