package io.espalier.worker.algorithm.family;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.BatchNorm;
import io.espalier.worker.tensor.T;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;

/**
 * The forward pass of a residual network. Which variant it is follows from which tensors there are,
 * and every width from their shapes.
 */
record ResidualNetwork(Weights weights, Mode mode) {
  /*
   * stem         7 × 7 convolution, max pool           conv1 of size 7
   *              three 3 × 3 convolutions, max pool    conv1.0, conv1.3, conv1.6 (timm's "d" networks)
   *              3 × 3 convolution                     conv1 of size 3 (the networks for 32 × 32)
   * block        basic: conv1, conv2                   stages after the first halve height and width,
   *              bottleneck: conv1, conv2, conv3       in the first 3 × 3 of their first block
   * shortcut     identity                              no tensor, same shape
   *              1 × 1 convolution with stride         downsample.0, downsample.1
   *              average pool, 1 × 1 convolution       downsample.1, downsample.2
   *              every second pixel, zero channels     no tensor, another shape (32 × 32; He et al.'s
   *              on both sides                         option A)
   */

  /** Stem, one section per block, classifier. */
  static List<Section> sections(Weights weights) {
    var sections = new ArrayList<Section>();
    sections.add(
        new Section(
            List.of("conv1", "bn1"), (x, mode) -> new ResidualNetwork(weights, mode).stem(x)));
    for (int stage = 1; weights.has(block(stage, 0) + ".conv1.weight"); stage++) {
      for (int i = 0; weights.has(block(stage, i) + ".conv1.weight"); i++) {
        String block = block(stage, i);
        int stride = stage > 1 && i == 0 ? 2 : 1;
        sections.add(
            new Section(
                List.of(block),
                (x, mode) -> new ResidualNetwork(weights, mode).block(block, x, stride)));
      }
    }
    sections.add(
        new Section(List.of("fc"), (x, mode) -> new ResidualNetwork(weights, mode).classify(x)));
    return sections;
  }

  /** Last feature map → class scores (batch, classes). */
  NDArray classify(NDArray features) {
    NDArray pooled = T.globalAveragePool(features); // (batch, channels)
    return T.linear(pooled, weights.get("fc.weight"), weights.get("fc.bias"));
  }

  /** What comes before the first stage. */
  NDArray stem(NDArray images) {
    if (weights.has("conv1.0.weight")) {
      NDArray x = T.relu(norm("conv1.1", conv("conv1.0", images, 2)));
      x = T.relu(norm("conv1.4", conv("conv1.3", x, 1)));
      x = T.relu(norm("bn1", conv("conv1.6", x, 1))); // (batch, channels, h / 2, w / 2)
      return T.maxPool(x, 3, 2, 1); // (batch, channels, h / 4, w / 4)
    }
    if (kernel("conv1") == 3) {
      return T.relu(norm("bn1", conv("conv1", images, 1))); // (batch, channels, h, w)
    }
    NDArray x = T.relu(norm("bn1", conv("conv1", images, 2))); // (batch, channels, h / 2, w / 2)
    return T.maxPool(x, 3, 2, 1); // (batch, channels, h / 4, w / 4)
  }

  private NDArray block(String block, NDArray x, int stride) {
    NDArray residual =
        weights.has(block + ".conv3.weight")
            ? bottleneck(block, x, stride)
            : basic(block, x, stride);
    return T.relu(T.add(residual, shortcut(block, x, stride, residual.getShape().get(1))));
  }

  private NDArray basic(String block, NDArray x, int stride) {
    NDArray inner = T.relu(norm(block + ".bn1", conv(block + ".conv1", x, stride)));
    return norm(block + ".bn2", conv(block + ".conv2", inner, 1));
  }

  private NDArray bottleneck(String block, NDArray x, int stride) {
    NDArray inner = T.relu(norm(block + ".bn1", conv(block + ".conv1", x, 1)));
    inner = T.relu(norm(block + ".bn2", conv(block + ".conv2", inner, stride)));
    return norm(block + ".bn3", conv(block + ".conv3", inner, 1));
  }

  private NDArray shortcut(String block, NDArray x, int stride, long width) {
    String projection = block + ".downsample";
    if (weights.has(projection + ".0.weight")) {
      return norm(projection + ".1", conv(projection + ".0", x, stride));
    }
    if (weights.has(projection + ".1.weight")) {
      NDArray pooled = stride == 1 ? x : T.averagePool(x, 2, stride);
      return norm(projection + ".2", conv(projection + ".1", pooled, 1));
    }
    long missing = width - x.getShape().get(1);
    return T.padChannels(T.subsample(x, stride), missing / 2, missing - missing / 2);
  }

  /** A convolution that keeps the size but for its stride. */
  private NDArray conv(String layer, NDArray x, int stride) {
    return T.conv2d(x, weights.get(layer + ".weight"), stride, (int) (kernel(layer) / 2));
  }

  private NDArray norm(String layer, NDArray x) {
    BatchNorm norm = BatchNorm.of(weights, layer);
    return mode.batchStatistics()
        ? T.batchNormTraining(x, norm, mode.momentum())
        : T.batchNorm(x, norm);
  }

  private long kernel(String layer) {
    return weights.get(layer + ".weight").getShape().get(2);
  }

  private static String block(int stage, int index) {
    return "layer" + stage + "." + index;
  }
}
