package io.espalier.worker.algorithm.importance;

import io.espalier.worker.checkpoint.Numbers;
import io.espalier.worker.checkpoint.TensorData;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Layer;
import java.util.Map;
import java.util.function.Function;

/**
 * How hard each unit of an axis is to replace by the others: the sum of the Euclidean distances of
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
        sums.add(
            axis, distances(Numbers.of(read.apply(producer.weight())).toArray(), axis.units()));
      }
    }
    return sums.byAxis();
  }

  /** The sum of distances for each of the rows that a weight consists of. */
  static double[] distances(double[] weight, int rows) {
    int length = weight.length / rows;
    double[] sums = new double[rows];
    for (int i = 0; i < rows; i++) {
      for (int j = i + 1; j < rows; j++) {
        double distance = distance(weight, i * length, j * length, length);
        sums[i] += distance;
        sums[j] += distance;
      }
    }
    return sums;
  }

  private static double distance(double[] weight, int a, int b, int length) {
    double squares = 0;
    for (int k = 0; k < length; k++) {
      double difference = weight[a + k] - weight[b + k];
      squares += difference * difference;
    }
    return Math.sqrt(squares);
  }
}
