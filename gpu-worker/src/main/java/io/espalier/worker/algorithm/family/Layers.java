package io.espalier.worker.algorithm.family;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.BatchNorm;
import io.espalier.worker.tensor.T;
import io.espalier.worker.tensor.Weights;

/** The layers of a model by their names, as one forward pass applies them. */
record Layers(Weights weights, Mode mode) {
  /** A convolution that keeps the size but for its stride; with a bias if there is one. */
  NDArray convolve(String layer, NDArray x, int stride) {
    NDArray weight = weights.get(layer + ".weight");
    return convolve(layer, x, stride, (int) (weight.getShape().get(2) / 2));
  }

  /** A convolution with zeros on all four sides; with a bias if there is one. */
  NDArray convolve(String layer, NDArray x, int stride, int padding) {
    NDArray weight = weights.get(layer + ".weight");
    return weights.has(layer + ".bias")
        ? T.conv2d(x, weight, weights.get(layer + ".bias"), stride, padding)
        : T.conv2d(x, weight, stride, padding);
  }

  /** A BatchNorm. */
  NDArray norm(String layer, NDArray x) {
    BatchNorm norm = BatchNorm.of(weights, layer);
    return mode.batchStatistics()
        ? T.batchNormTraining(x, norm, mode.momentum())
        : T.batchNorm(x, norm);
  }

  /** A linear layer with bias. */
  NDArray linear(String layer, NDArray x) {
    return T.linear(x, weights.get(layer + ".weight"), weights.get(layer + ".bias"));
  }
}
