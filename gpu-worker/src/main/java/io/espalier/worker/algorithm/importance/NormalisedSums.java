package io.espalier.worker.algorithm.importance;

import io.espalier.worker.domain.model.Axis;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What several layers say of the units of an axis, added up so that each counts alike whatever its
 * scale: divided by its maximum plus 1e-9.
 *
 * <p>Source: ModelOpt 0.40, {@code modelopt/torch/trace/symbols.py}.
 */
final class NormalisedSums {
  private static final double TINY = 1e-9;

  private final Map<String, double[]> sums = new LinkedHashMap<>();

  /** Adds what a layer says, one number per unit, none negative. */
  void add(Axis axis, double[] values) {
    double[] sum = sums.computeIfAbsent(axis.name(), name -> new double[axis.units()]);
    double max = Arrays.stream(values).max().orElse(0);
    for (int i = 0; i < sum.length; i++) {
      sum[i] += values[i] / (max + TINY);
    }
  }

  /** The sums by name of the axis; an axis of which nothing was said is not in it. */
  Map<String, double[]> byAxis() {
    return sums;
  }
}
