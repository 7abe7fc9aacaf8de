package io.espalier.worker.algorithm.importance;

import io.espalier.worker.checkpoint.safetensors.Numbers;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Layer;
import java.util.Map;
import java.util.function.Function;

/**
 * Difficulty of replacing each unit of an axis by the others: the sum of the Euclidean distances of
 * its filter from all filters of the same layer. A filter near the geometric median of all says
 * little that others do not. If several layers write the axis, each counts alike.
 *
 * <p>Source: He et al., Filter Pruning via Geometric Median for Deep Convolutional Neural Networks
 * Acceleration, arXiv 1811.00250, equations 5 and 6.
 */
final class GeometricMedian {
  private GeometricMedian() {}

  /** Importance of every unit of every prunable axis. */
  static Map<String, double[]> importance(
      Architecture architecture, Function<String, TensorData> read) {
    var sums = new NormalisedSums();
    for (Axis axis : architecture.prunableAxes()) {
      for (Layer producer : architecture.producers(axis)) {
        Numbers weight = Numbers.of(read.apply(producer.weight()));
        sums.add(axis, producer.weight(), RowDistances.sums(weight, axis.units()));
      }
    }
    return sums.byAxis();
  }
}
