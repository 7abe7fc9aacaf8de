package io.espalier.worker.report.comparison;

import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.chart.Labels;
import io.espalier.worker.report.chart.PictureWidth;
import io.espalier.worker.report.chart.Svg;
import io.espalier.worker.report.chart.Svg.Anchor;
import io.espalier.worker.report.chart.Svg.Box;
import io.espalier.worker.report.chart.Svg.Spot;
import io.espalier.worker.report.comparison.Comparison.Differing;
import java.util.List;
import java.util.stream.Collectors;

/** Widths of axes in several results: a bar per result below each other, outlined the original. */
final class WidthComparison {
  private static final int COLOURS = 8;
  private static final int LEGEND_ROW = 18;
  private static final int BAR = 7;
  private static final int GAP = 8;
  private static final int MOST_NUMBERS = 4;

  private final PictureWidth picture;
  private final List<String> names;
  private final List<Differing> axes;
  private final Labels labels;
  private final int rowHeight;
  private final double pixelsPerUnit;
  private final Svg svg;

  private WidthComparison(PictureWidth picture, List<String> names, List<Differing> axes) {
    this.picture = picture;
    this.names = names;
    this.axes = axes;
    this.labels = Labels.of(picture, LEGEND_ROW, axes.stream().map(Differing::axis).toList());
    this.rowHeight = Math.max(16, names.size() * BAR) + GAP;
    int widest = axes.stream().mapToInt(Differing::units).max().orElse(1);
    double forNumbers = picture == PictureWidth.WIDE ? 190 : 84;
    this.pixelsPerUnit = (picture.width() - picture.labelWidth() - forNumbers) / widest;
    double height = names.size() * (double) LEGEND_ROW + axes.size() * (double) rowHeight + GAP;
    this.svg = new Svg(picture, height, "Bars: width of every axis that differs, in each result");
  }

  /**
   * The picture.
   *
   * @param names of the results, in the order of the widths of each axis
   */
  static String on(PictureWidth picture, List<String> names, List<Differing> axes) {
    return new WidthComparison(picture, names, axes).draw();
  }

  private String draw() {
    for (int i = 0; i < names.size(); i++) {
      double middle = (i + 0.5) * LEGEND_ROW;
      svg.box(new Box(picture.labelWidth(), middle - 4, 18, 8), colour(i));
      svg.words(new Spot(picture.labelWidth() + 26, middle), Anchor.START, "tick", names.get(i));
    }
    double top = names.size() * (double) LEGEND_ROW + GAP;
    for (int row = 0; row < axes.size(); row++) {
      row(axes.get(row), top + row * (double) rowHeight);
    }
    return svg.finish();
  }

  private void row(Differing axis, double top) {
    double left = picture.labelWidth();
    double bars = names.size() * (double) BAR;
    double middle = top + bars / 2;
    svg.words(new Spot(left - 8, middle), Anchor.END, "name", labels.of(axis.axis()), axis.axis());
    for (int i = 0; i < names.size(); i++) {
      double width = axis.chosen().get(i).orElse(0) * pixelsPerUnit;
      svg.box(new Box(left, top + i * (double) BAR, width, BAR - 1), colour(i));
    }
    var original = new Box(left, top - 1, axis.units() * pixelsPerUnit, bars + 1);
    svg.box(original, "original", picture.hasTitles() ? axis.axis() + ": " + numbers(axis) : "");
    boolean fits = names.size() <= (picture == PictureWidth.WIDE ? MOST_NUMBERS : 1);
    svg.words(
        new Spot(original.right() + 6, middle),
        Anchor.START,
        "name",
        fits ? numbers(axis) : Integer.toString(axis.units()));
  }

  private static String numbers(Differing axis) {
    return axis.units()
        + " → "
        + axis.chosen().stream()
            .map(width -> width.map(String::valueOf).orElse(Figures.UNKNOWN))
            .collect(Collectors.joining(", "));
  }

  private static String colour(int result) {
    return "c" + result % COLOURS;
  }
}
