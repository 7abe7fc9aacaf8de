package io.espalier.worker.report.chart;

import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/** An axis of a chart: which values have a mark, and where values lie. */
sealed interface ChartScale permits Ticks, DecadeScale {
  /** From this ratio of the largest to the smallest positive value on, decades are shown. */
  double DECADES_FROM = 100;

  /** The values that have a mark, ascending; at least two. */
  List<Double> values();

  /** Returns how a value that has a mark is written. */
  String text(double value);

  /** Returns where a value lies between the ends: 0 to 1. */
  double position(double value);

  /**
   * The scale for some values: even, or by decades where they span some and none is negative.
   *
   * @param values any, finite
   * @param about so many marks, if it is even
   */
  static ChartScale of(DoubleStream values, int about) {
    double[] all = values.toArray();
    double low = Arrays.stream(all).min().orElse(0);
    double high = Arrays.stream(all).max().orElse(0);
    double positive = Arrays.stream(all).filter(value -> value > 0).min().orElse(high);
    return low >= 0 && positive > 0 && high / positive >= DECADES_FROM
        ? DecadeScale.covering(positive, high)
        : Ticks.covering(low, high, about);
  }
}
