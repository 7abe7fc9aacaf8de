package io.espalier.worker.algorithm.importance;

import io.espalier.worker.checkpoint.safetensors.Numbers;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import java.util.Map;
import java.util.function.Function;

/**
 * Importance of each unit of an axis: the norms of the weights that read it.
 *
 * <p>For a layer with weight W of shape (out, in, ...) the norm of input index j is {@code sqrt(Σ
 * W[·,j,·]²)}, summed over the indices of a unit. If several layers read an axis, each one's norms
 * are divided by their maximum plus 1e-9, and added ({@link NormalisedSums}). BatchNorm plays no
 * part; depthwise layers say nothing, since they read one channel each. Accumulates in float64.
 *
 * <p>Source: ModelOpt 0.40, {@code modelopt/torch/nas/modules/conv.py} and {@code linear.py}
 * (importance of in_channels and in_features), {@code modelopt/torch/trace/symbols.py}.
 */
final class ConsumerNorms {
  private static final int INPUT = 1;

  private ConsumerNorms() {}

  /**
   * Importance of every unit of every axis that may be cut and that a layer reads.
   *
   * @param read gives a weight by its name
   */
  static Map<String, double[]> importance(
      Architecture architecture, Function<String, TensorData> read) {
    var sums = new NormalisedSums();
    for (Axis axis : architecture.prunableAxes()) {
      for (Layer consumer : architecture.consumers(axis)) {
        sums.add(axis, consumer.weight(), of(consumer, axis, read.apply(consumer.weight())));
      }
    }
    return sums.byAxis();
  }

  /** The norms of a layer's weight, one per unit of an axis that it reads. */
  static double[] of(Layer layer, Axis axis, TensorData weight) {
    long[] shape = weight.shape();
    double[] squares = squares(weight, Math.toIntExact(shape[0]), Math.toIntExact(shape[INPUT]));
    double[] norms = new double[axis.units()];
    int offset = 0;
    for (Dimension.Along part : layer.in().parts()) {
      if (part.axis().equals(axis)) {
        for (int j = 0; j < part.size(); j++) {
          norms[j / part.indicesPerUnit()] += Math.sqrt(squares[offset + j]);
        }
      }
      offset += part.size();
    }
    return norms;
  }

  private static double[] squares(TensorData weight, int outputs, int inputs) {
    Numbers elements = Numbers.of(weight);
    int inner = elements.size() / (outputs * inputs);
    double[] squares = new double[inputs];
    int position = 0;
    for (int i = 0; i < outputs; i++) {
      for (int j = 0; j < inputs; j++) {
        for (int k = 0; k < inner; k++) {
          double value = elements.at(position++);
          squares[j] += value * value;
        }
      }
    }
    return squares;
  }
}
