package io.espalier.worker.algorithm.importance;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Axis;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Sum of several layers' scores for the units of an axis, where each counts alike whatever its
 * scale: divided by its maximum plus 1e-9.
 *
 * <p>Source: ModelOpt 0.40, {@code modelopt/torch/trace/symbols.py}.
 */
final class NormalisedSums {
  private static final double TINY = 1e-9;

  private final Map<String, double[]> sums = new LinkedHashMap<>();

  /**
   * Adds what a layer says, one number per unit, none negative.
   *
   * @param tensor name of the tensor that says it
   * @throws InvalidInputException if a number is none
   */
  void add(Axis axis, String tensor, double[] values) {
    requireNumbers(axis, tensor, values);
    double[] sum = sums.computeIfAbsent(axis.name(), name -> new double[axis.units()]);
    double max = Arrays.stream(values).max().orElse(0);
    for (int i = 0; i < sum.length; i++) {
      sum[i] += values[i] / (max + TINY);
    }
  }

  private static void requireNumbers(Axis axis, String tensor, double[] values) {
    for (int unit = 0; unit < values.length; unit++) {
      if (!Double.isFinite(values[unit])) {
        throw new InvalidInputException(
            "by tensor '%s' the importance of unit %d of axis '%s' is %s; look for infinite or undefined weights in it"
                .formatted(tensor, unit, axis.name(), values[unit]));
      }
    }
  }

  /** The sums by name of the axis; an axis of which nothing was said is not in it. */
  Map<String, double[]> byAxis() {
    return sums;
  }
}
