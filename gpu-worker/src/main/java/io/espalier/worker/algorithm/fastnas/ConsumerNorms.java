package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.checkpoint.TensorData;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * How much each unit of an axis is listened to: the norms of the weights that read it.
 *
 * <p>For a layer with weight W of shape (out, in, ...) the norm of input index j is {@code sqrt(Σ
 * W[·,j,·]²)}, summed over the indices of a unit. If several layers read an axis, each one's norms
 * are divided by their maximum plus 1e-9, and added. BatchNorm plays no part; depthwise layers say
 * nothing, since they read one channel each. Accumulates in float64.
 *
 * <p>Source: ModelOpt 0.40, {@code modelopt/torch/nas/modules/conv.py} and {@code linear.py}
 * (importance of in_channels and in_features), {@code modelopt/torch/trace/symbols.py}.
 */
final class ConsumerNorms {
  private static final double TINY = 1e-9;
  private static final int INPUT = 1;

  private ConsumerNorms() {}

  /**
   * Importance of every unit of every axis that may be cut and that a layer reads.
   *
   * @param read gives a weight by its name
   */
  static Map<String, double[]> importance(
      Architecture architecture, Function<String, TensorData> read) {
    var importance = new LinkedHashMap<String, double[]>();
    for (Axis axis : architecture.prunableAxes()) {
      for (Layer consumer : architecture.consumers(axis)) {
        double[] sum = importance.computeIfAbsent(axis.name(), name -> new double[axis.units()]);
        addNormalised(sum, of(consumer, axis, read.apply(consumer.weight())));
      }
    }
    return importance;
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
    Elements elements = Elements.of(weight);
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

  private static void addNormalised(double[] sum, double[] norms) {
    double max = 0;
    for (double norm : norms) {
      max = Math.max(max, norm);
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] += norms[i] / (max + TINY);
    }
  }

  /** The elements of a floating-point tensor as doubles. */
  private interface Elements {
    double at(int index);

    int size();

    static Elements of(TensorData tensor) {
      ByteBuffer bytes = tensor.bytes();
      return switch (tensor.dtype()) {
        case F32 -> of(bytes, Float.BYTES, i -> bytes.getFloat(i * Float.BYTES));
        case F64 -> of(bytes, Double.BYTES, i -> bytes.getDouble(i * Double.BYTES));
        case BF16 ->
            of(bytes, Short.BYTES, i -> Float.intBitsToFloat(bytes.getShort(i * 2) << Short.SIZE));
        case F16 -> of(bytes, Short.BYTES, i -> half(bytes.getShort(i * Short.BYTES)));
        default ->
            throw new io.espalier.worker.domain.InvalidInputException(
                "importance needs weights of type F32, F64, F16 or BF16, found " + tensor.dtype());
      };
    }

    private static Elements of(
        ByteBuffer bytes, int width, java.util.function.IntToDoubleFunction at) {
      int size = bytes.remaining() / width;
      return new Elements() {
        @Override
        public double at(int index) {
          return at.applyAsDouble(index);
        }

        @Override
        public int size() {
          return size;
        }
      };
    }

    /** IEEE half precision: 1 bit of sign, 5 of exponent, 10 of fraction. */
    private static double half(short bits) {
      int exponent = (bits >>> 10) & 0x1f;
      int fraction = bits & 0x3ff;
      double magnitude;
      if (exponent == 0) {
        magnitude = Math.scalb((double) fraction, -24);
      } else if (exponent == 0x1f) {
        magnitude = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
      } else {
        magnitude = Math.scalb((double) (fraction | 0x400), exponent - 25);
      }
      return bits < 0 ? -magnitude : magnitude;
    }
  }
}
