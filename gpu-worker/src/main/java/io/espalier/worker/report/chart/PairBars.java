package io.espalier.worker.report.chart;

import io.espalier.worker.report.chart.Svg.Box;

/** Two bars for one row of a table: before above, after below, each a part of the larger. */
public final class PairBars {
  /** Name of a column of them. */
  public static final String COLUMN = "before and after";

  private static final int WIDTH = 120;
  private static final int HEIGHT = 18;

  private PairBars() {}

  /** The picture; bars of unknown or negative values are left out. */
  public static String of(double before, double after) {
    double largest = Math.max(usable(before), usable(after));
    double scale = largest > 0 ? WIDTH / largest : 0;
    var svg = new Svg(WIDTH, HEIGHT, "pair", "Bars: before and after");
    svg.box(new Box(0, 1, usable(before) * scale, 7), "before");
    svg.box(new Box(0, 10, usable(after) * scale, 7), "after");
    return svg.finish();
  }

  private static double usable(double value) {
    return Double.isFinite(value) ? Math.max(0, value) : 0;
  }
}
