package io.espalier.worker.model.convnet;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.tensor.BatchNorm;
import io.espalier.worker.tensor.FeatureMaps;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * The modules of a network that runs, by their names in the checkpoint. Strides are those of the
 * architecture's layers.
 */
record Modules(Weights weights, Map<String, Integer> strides, Mode mode) {
  /** The modules of a network in use. */
  static Modules of(Weights weights) {
    return new Modules(
        weights,
        weights.architecture().layers().stream()
            .collect(Collectors.toUnmodifiableMap(Layer::module, layer -> layer.window().stride())),
        Mode.EVALUATE);
  }

  /** The same modules in another mode. */
  Modules in(Mode another) {
    return new Modules(weights, strides, another);
  }

  /** Returns whether there is a module of that name with a weight. */
  boolean has(String module) {
    return weights.has(module + ".weight");
  }

  /** A convolution that keeps height and width but for its stride; with a bias if there is one. */
  NDArray conv(String module, NDArray x) {
    return conv(module, x, kernel(module) / 2);
  }

  /** A convolution with zeros on all four sides; with a bias if there is one. */
  NDArray conv(String module, NDArray x, int padding) {
    NDArray y = mode.hooks().said(module, x, padding, () -> convolved(module, x, padding));
    mode.hooks().layer(module, x, padding, y);
    return y;
  }

  private NDArray convolved(String module, NDArray x, int padding) {
    NDArray weight = weights.get(module + ".weight");
    String bias = module + ".bias";
    return weights.has(bias)
        ? FeatureMaps.conv2d(x, weight, weights.get(bias), stride(module), padding)
        : FeatureMaps.conv2d(x, weight, stride(module), padding);
  }

  /** A BatchNorm, in the mode of this run. */
  NDArray norm(String module, NDArray x) {
    BatchNorm norm = BatchNorm.of(weights, module);
    NDArray y =
        mode.batchStatistics()
            ? FeatureMaps.batchNormTraining(x, norm, mode.momentum())
            : FeatureMaps.batchNorm(x, norm);
    mode.hooks().norm(module, x, y);
    return y;
  }

  /** A BatchNorm, then a rectifier. */
  NDArray normRelu(String module, NDArray x) {
    return Tensors.relu(norm(module, x));
  }

  /** A linear layer with bias on the means of a feature map → (batch, out). */
  NDArray classify(String module, NDArray features) {
    NDArray pooled = FeatureMaps.globalAveragePool(features); // (batch, channels)
    NDArray y = mode.hooks().said(module, pooled, 0, () -> linear(module, pooled));
    mode.hooks().layer(module, pooled, 0, y);
    return y;
  }

  private NDArray linear(String module, NDArray x) {
    return Tensors.linear(x, weights.get(module + ".weight"), weights.get(module + ".bias"));
  }

  /** Returns what a block says and what goes past it, added. */
  NDArray sum(NDArray block, NDArray shortcut) {
    mode.hooks().sum(block, shortcut);
    return Tensors.add(block, shortcut);
  }

  /** Distance of a convolution's neighbouring windows. */
  int stride(String module) {
    return Objects.requireNonNull(strides.get(module), module);
  }

  /** Rows and columns of a convolution's kernel. */
  int kernel(String module) {
    return Math.toIntExact(weights.get(module + ".weight").getShape().get(2));
  }
}
