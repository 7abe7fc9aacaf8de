package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.Optional;

/**
 * The modules of a transformer that runs, by their names in the checkpoint.
 *
 * @param weights its numbers
 * @param prefix what names in the transformer begin with, such as {@code bert.}, or nothing
 * @param epsilon that of layer normalisation
 */
public record TextModules(Weights weights, String prefix, double epsilon) {
  /** A tensor of the transformer. */
  public NDArray get(String name) {
    return weights.get(prefix + name);
  }

  /** A linear layer, with bias if there is one: (…, in) → (…, out). */
  public NDArray dense(String module, NDArray x) {
    NDArray weight = weights.get(module + ".weight");
    NDArray read = weights.read(module, x);
    String bias = module + ".bias";
    return weights.has(bias)
        ? Tensors.linear(read, weight, weights.get(bias))
        : Tensors.linear(read, weight);
  }

  /** A linear layer with bias whose weight is (in, out): (…, in) → (…, out). */
  NDArray transposed(String module, NDArray x) {
    NDArray weight = Tensors.transpose(weights.get(module + ".weight"), 0, 1);
    return Tensors.linear(x, weight, weights.get(module + ".bias"));
  }

  /** A layer normalisation of the last axis. */
  public NDArray norm(String module, NDArray x) {
    return Tensors.layerNorm(
        x,
        weights.get(TransformerBuilder.normName(weights::has, module, "weight")),
        weights.get(TransformerBuilder.normName(weights::has, module, "bias")),
        epsilon);
  }

  /** A normalisation of the last axis by the root of its mean square. */
  NDArray rmsNorm(String module, NDArray x) {
    return Tensors.rmsNorm(x, weights.get(module + ".weight"), epsilon);
  }

  /** The same with a scale that is stored less 1. */
  NDArray rmsNormLessOne(String module, NDArray x) {
    return Tensors.rmsNorm(x, Tensors.add(weights.get(module + ".weight"), 1), epsilon);
  }

  /** Scores by a weight (out, in): (…, in) → (…, out). */
  NDArray scores(String weight, Optional<String> bias, NDArray x) {
    return bias.isPresent()
        ? Tensors.linear(x, weights.get(weight), weights.get(bias.get()))
        : Tensors.linear(x, weights.get(weight));
  }
}
