package io.espalier.worker.algorithm.reconstruct.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.algorithm.reconstruct.Intercept;
import io.espalier.worker.algorithm.reconstruct.LinearMap;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Optional;

/**
 * A dense layer by which heads or neurons write to the residual stream.
 *
 * @param axis name of the axis of what it reads
 * @param layer its weight and bias
 * @param transposed whether its weight is (inputs, outputs), as GPT-2's are
 */
public record Projection(String axis, Layer layer, boolean transposed) {
  /** The one layer that reads an axis; empty if there is no such axis, or not one such layer. */
  public static Optional<Projection> of(Architecture architecture, String name) {
    Optional<Axis> axis =
        architecture.axes().stream().filter(each -> each.name().equals(name)).findFirst();
    List<Layer> readers = axis.map(architecture::consumers).orElse(List.of());
    return readers.size() == 1
        ? Optional.of(
            new Projection(
                name, readers.get(0), isTransposed(architecture, readers, axis.orElseThrow())))
        : Optional.empty();
  }

  private static boolean isTransposed(Architecture architecture, List<Layer> readers, Axis axis) {
    return architecture.tensors().stream()
        .filter(tensor -> tensor.name().equals(readers.get(0).weight()))
        .map(TensorSpec::dimensions)
        .anyMatch(dimensions -> dimensions.get(0).isAlong(axis));
  }

  /** Name of its weight. */
  public String weight() {
    return layer.weight();
  }

  /** Returns whether a constant can be solved for. */
  public Intercept intercept() {
    return layer.bias() ? Intercept.SOLVED : Intercept.FIXED;
  }

  /** Returns how many numbers each of its outputs reads. */
  public int inputs() {
    return layer.in().size();
  }

  /** Width of the stream. */
  public int outputs() {
    return layer.out().size();
  }

  /** Returns what it computes, in the open scope. */
  public LinearMap map(Weights weights) {
    NDArray weight = turned(weights.get(weight()));
    return layer.bias() ? LinearMap.of(weight, weights.get(bias())) : LinearMap.of(weight);
  }

  /** Makes it compute something else, in place. */
  public void become(LinearMap solved, Weights weights) {
    LinearMap before = map(weights);
    add(weights.get(weight()), turned(Tensors.subtract(solved.weight(), before.weight())));
    if (layer.bias()) {
      add(weights.get(bias()), Tensors.subtract(solved.intercept(), before.intercept()));
    }
  }

  private String bias() {
    return layer.module() + ".bias";
  }

  private NDArray turned(NDArray matrix) {
    return transposed ? Tensors.transpose(matrix, 0, 1) : matrix;
  }

  private static void add(NDArray target, NDArray change) {
    Tensors.addScaledInPlace(target, Tensors.inTypeOf(target, change), 1);
  }
}
