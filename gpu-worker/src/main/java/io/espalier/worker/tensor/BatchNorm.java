package io.espalier.worker.tensor;

import ai.djl.ndarray.NDArray;

/**
 * The four vectors of a BatchNorm layer, each of shape (channels).
 *
 * @param weight scale
 * @param bias shift
 * @param mean running mean; changed in place by {@link FeatureMaps#batchNormTraining}
 * @param variance running variance, unbiased; changed in place likewise
 */
public record BatchNorm(NDArray weight, NDArray bias, NDArray mean, NDArray variance) {
  /** The layer of a model by its name, such as {@code layer1.0.bn1}. */
  public static BatchNorm of(Weights weights, String layer) {
    return new BatchNorm(
        weights.get(layer + ".weight"),
        weights.get(layer + ".bias"),
        weights.get(layer + ".running_mean"),
        weights.get(layer + ".running_var"));
  }
}
