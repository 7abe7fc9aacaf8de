package io.espalier.worker.algorithm.importance;

import io.espalier.worker.checkpoint.safetensors.Numbers;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.domain.model.TensorSpec.Role;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Scale of each unit of an axis: the absolute scale of the BatchNorms along it. If there are
 * several, each counts alike.
 *
 * <p>Source: Liu et al., Learning Efficient Convolutional Networks through Network Slimming, arXiv
 * 1708.06519 (there the scales are also trained towards zero).
 */
final class NormScales {
  private NormScales() {}

  /** Importance of every unit of every prunable axis along which there is a BatchNorm. */
  static Map<String, double[]> importance(
      Architecture architecture, Function<String, TensorData> read) {
    var sums = new NormalisedSums();
    for (Axis axis : architecture.prunableAxes()) {
      for (TensorSpec scale : scales(architecture, axis)) {
        sums.add(
            axis,
            scale.name(),
            absolute(scale.dimensions().get(0), axis, Numbers.of(read.apply(scale.name()))));
      }
    }
    return sums.byAxis();
  }

  private static List<TensorSpec> scales(Architecture architecture, Axis axis) {
    return architecture.tensors().stream()
        .filter(tensor -> tensor.role() == Role.NORM_PARAMETER)
        .filter(tensor -> tensor.name().endsWith(".weight"))
        .filter(tensor -> tensor.dimensions().get(0).isAlong(axis))
        .toList();
  }

  private static double[] absolute(Dimension dimension, Axis axis, Numbers scales) {
    double[] values = new double[axis.units()];
    int offset = 0;
    for (Dimension.Along part : dimension.parts()) {
      for (int i = 0; part.axis().equals(axis) && i < part.size(); i++) {
        values[i / part.indicesPerUnit()] += Math.abs(scales.at(offset + i));
      }
      offset += part.size();
    }
    return values;
  }
}
