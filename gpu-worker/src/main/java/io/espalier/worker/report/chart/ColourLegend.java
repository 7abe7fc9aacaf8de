package io.espalier.worker.report.chart;

import io.espalier.worker.report.chart.Svg.Anchor;
import io.espalier.worker.report.chart.Svg.Box;
import io.espalier.worker.report.chart.Svg.Spot;

/**
 * Legend of colours and their values, at a picture's top.
 *
 * @param scale the colours
 * @param label what they stand for
 */
record ColourLegend(PictureWidth picture, LossScale scale, String label) {
  /** Pixels that it takes. */
  static final int HEIGHT = 46;

  /** Draws it from a left edge on, within a width. */
  void draw(Svg svg, double left, double width) {
    double cell = Math.min(32, width / (LossScale.STEPS + 3));
    svg.words(new Spot(left - 8, 10), Anchor.END, "tick", label);
    svg.box(new Box(left, 3, cell, 14), "zero");
    svg.words(new Spot(left + cell / 2, 28), Anchor.MIDDLE, "tick", "0");
    if (scale.isFlat()) {
      return;
    }
    int first = scale.hasOneLoss() ? LossScale.STEPS - 1 : 0;
    double start = left + (2 - first) * cell;
    for (int step = first; step < LossScale.STEPS; step++) {
      svg.box(new Box(start + step * cell, 3, cell, 14), "h" + step);
    }
    for (int mark : scale.hasOneLoss() ? new int[] {LossScale.STEPS} : picture.marks()) {
      double x = start + mark * cell;
      svg.line(new Spot(x, 17), new Spot(x, 21), "axis");
      Anchor anchor = mark == 0 ? Anchor.START : Anchor.MIDDLE;
      String upTo = mark == 0 ? "≤ " : "";
      svg.words(new Spot(x, 28), anchor, "tick", upTo + Figures.brief(scale.start(mark)));
    }
  }
}
