package io.espalier.worker.report.chart;

import java.util.ArrayList;
import java.util.List;

/**
 * An axis of even ratios with a mark for each power of ten, and below them one for zero, which has
 * no logarithm.
 *
 * @param first exponent of the lowest power
 * @param last exponent of the highest one
 */
record DecadeScale(int first, int last) implements ChartScale {
  /** The part of the axis between zero and the lowest power. */
  private static final double FOOT = 0.1;

  private static final int MOST = 6;

  /**
   * Decades that cover a range of positive values, at most the {@value #MOST} highest of them; what
   * is below these counts as zero.
   */
  static DecadeScale covering(double low, double high) {
    int last = (int) Math.ceil(Math.log10(high) - 1e-9);
    int first = (int) Math.floor(Math.log10(low) + 1e-9);
    return new DecadeScale(Math.max(Math.min(first, last - 1), last - MOST), last);
  }

  @Override
  public List<Double> values() {
    var values = new ArrayList<Double>();
    values.add(0.0);
    for (int exponent = first; exponent <= last; exponent++) {
      values.add(Math.pow(10, exponent));
    }
    return values;
  }

  @Override
  public String text(double value) {
    return Figures.brief(value);
  }

  @Override
  public double position(double value) {
    double power = value > 0 ? Math.log10(value) : Double.NEGATIVE_INFINITY;
    return power < first ? 0 : FOOT + (1 - FOOT) * (power - first) / (last - first);
  }
}
