package io.espalier.worker.algorithm.minitron.measure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.List;

/** Norm of the weights that read each unit of an axis. */
final class ReaderWeightNorms {
  private ReaderWeightNorms() {}

  /**
   * The root of the squares of all weights that read a unit, summed, for each unit.
   *
   * @param consumer the layer that reads the axis; its weight is a matrix
   */
  static double[] of(Layer consumer, Axis axis, Weights weights) {
    List<Dimension> dimensions =
        weights.architecture().tensors().stream()
            .filter(tensor -> tensor.name().equals(consumer.weight()))
            .findFirst()
            .orElseThrow()
            .dimensions();
    int along = dimensions.get(0).isAlong(axis) ? 0 : 1;
    float[] squares;
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray weight = weights.get(consumer.weight());
      squares = Tensors.sum(Tensors.square(weight), 1 - along).toFloatArray();
    }
    double[] norms = new double[axis.units()];
    int offset = 0;
    for (Dimension.Along part : dimensions.get(along).parts()) {
      for (int i = 0; i < part.size() && part.axis().equals(axis); i++) {
        norms[i / part.indicesPerUnit()] += squares[offset + i];
      }
      offset += part.size();
    }
    for (int unit = 0; unit < norms.length; unit++) {
      norms[unit] = Math.sqrt(norms[unit]);
    }
    return norms;
  }
}
