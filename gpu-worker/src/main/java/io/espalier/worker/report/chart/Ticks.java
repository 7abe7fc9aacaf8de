package io.espalier.worker.report.chart;

import java.util.ArrayList;
import java.util.List;

/**
 * An axis of a chart: a range that begins and ends at round values.
 *
 * @param values round values, evenly spaced, ascending; at least two
 */
public record Ticks(List<Double> values) implements ChartScale {
  public Ticks {
    values = List.copyOf(values);
  }

  /** Ticks that cover a range; about so many. */
  public static Ticks covering(double low, double high, int about) {
    double span = high > low ? high - low : Math.max(Math.abs(high), 1);
    double step = round(span / about);
    var values = new ArrayList<Double>();
    long first = (long) Math.floor(low / step + 1e-9);
    long last = Math.max(first + 1, (long) Math.ceil(high / step - 1e-9));
    for (long i = first; i <= last; i++) {
      values.add(i * step);
    }
    return new Ticks(values);
  }

  public double low() {
    return values.get(0);
  }

  public double high() {
    return values.get(values.size() - 1);
  }

  @Override
  public String text(double value) {
    return Figures.significant(value);
  }

  @Override
  public double position(double value) {
    return (value - low()) / (high() - low());
  }

  /** The next of 1, 2, 2.5, 5 times a power of ten. */
  private static double round(double step) {
    double power = Math.pow(10, Math.floor(Math.log10(step)));
    for (double factor : new double[] {1, 2, 2.5, 5}) {
      if (step <= factor * power * (1 + 1e-9)) {
        return factor * power;
      }
    }
    return 10 * power;
  }
}
