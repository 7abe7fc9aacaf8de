package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.model.transformer.BatchContext;
import io.espalier.worker.model.transformer.LayeredNetwork;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Pass of a decoder that keeps what enters each layer and computes the rest of a layer's
 * activations again when its gradients are computed: one layer's activations in memory instead of
 * those of all, for one more forward pass.
 *
 * <p>Source: Chen et al., Training Deep Nets with Sublinear Memory Cost, arXiv 1604.06174.
 */
record RecomputedTextPass(LayeredNetwork network) implements NetworkPass<Tokens> {
  private TextPass whole() {
    return new TextPass(network);
  }

  @Override
  public int places(Weights weights) {
    return whole().places(weights);
  }

  @Override
  public Said forward(Weights weights, Tokens tokens, Set<Tap> taps) {
    return whole().forward(weights, tokens, taps);
  }

  @Override
  public double addGradients(Weights weights, Tokens tokens, UnaryOperator<NDArray> loss) {
    Deque<NDArray> entering = new ArrayDeque<>(); // what enters the end, what enters the last layer
    try {
      entering.push(kept(() -> network.embed(weights, tokens, ForwardHooks.NONE)));
      BatchContext context = network.context(tokens, entering.peek());
      for (int i = 0; i < network.layers(); i++) {
        int layer = i;
        NDArray x = entering.peek();
        entering.push(kept(() -> network.layer(layer, weights, x, context, ForwardHooks.NONE)));
      }
      var value = new double[1];
      NDArray upstream =
          gradient(
              entering.pop(),
              last -> {
                NDArray end = network.end(weights, last, ForwardHooks.NONE);
                return loss.apply(network.scores(weights, end, tokens));
              },
              value);
      for (int i = network.layers() - 1; i >= 0; i--) {
        int layer = i;
        NDArray above = upstream;
        upstream =
            gradient(
                entering.pop(),
                x -> along(network.layer(layer, weights, x, context, ForwardHooks.NONE), above),
                new double[1]);
        above.close();
      }
      NDArray first = upstream;
      Gradients.of(() -> along(network.embed(weights, tokens, ForwardHooks.NONE), first));
      first.close();
      return value[0];
    } finally {
      entering.forEach(NDArray::close);
    }
  }

  /** A scalar whose gradient by x is what is above it. */
  private static NDArray along(NDArray x, NDArray above) {
    return Tensors.sum(Tensors.multiply(x, above));
  }

  /** Computes something and drops everything else that was computed for it. */
  private static NDArray kept(Supplier<NDArray> computation) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray result = computation.get();
      NDScope.unregister(result);
      return result;
    }
  }

  /**
   * Adds the gradients of a loss to the weights.
   *
   * @param x what it is computed from; is closed
   * @param value takes the loss
   * @return its gradient by x, for the caller to close
   */
  private static NDArray gradient(NDArray x, UnaryOperator<NDArray> loss, double[] value) {
    try (x;
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Gradients.require(x, true);
      value[0] = Gradients.of(() -> loss.apply(x)).getFloat();
      NDArray gradient = Tensors.scale(Gradients.at(x), 1); // the leaf takes its own along
      NDScope.unregister(gradient);
      return gradient;
    }
  }
}
