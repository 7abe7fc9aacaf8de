package io.espalier.worker.report.chart;

import io.espalier.worker.report.chart.Svg.Anchor;
import io.espalier.worker.report.chart.Svg.Box;
import io.espalier.worker.report.chart.Svg.Spot;
import io.espalier.worker.report.facts.PruningReport.AxisFacts;
import java.util.List;

/** The widths of all axes in the order of the forward pass: outlined before, filled after. */
public final class WidthBars {
  private static final int TOP = 4;
  private static final int ROOM_FOR_NUMBERS = 84;

  private final PictureWidth picture;
  private final List<AxisFacts> axes;
  private final int rowHeight;
  private final Labels labels;
  private final double left;
  private final double pixelsPerUnit;
  private final Svg svg;

  private WidthBars(PictureWidth picture, List<AxisFacts> axes) {
    this.picture = picture;
    this.axes = axes;
    this.rowHeight = PictureWidth.rowHeight(axes.size());
    this.labels = Labels.of(picture, rowHeight, axes.stream().map(AxisFacts::name).toList());
    this.left = picture.labelWidth();
    int widest = axes.stream().mapToInt(AxisFacts::units).max().orElse(1);
    this.pixelsPerUnit = (picture.width() - left - ROOM_FOR_NUMBERS) / widest;
    double height = 2 * TOP + axes.size() * (double) rowHeight;
    this.svg = new Svg(picture, height, "Bars: width of every axis before and after");
  }

  /** The picture of all axes. */
  public static String on(PictureWidth picture, List<AxisFacts> axes) {
    return new WidthBars(picture, axes).draw();
  }

  private String draw() {
    for (int row = 0; row < axes.size(); row++) {
      row(axes.get(row), TOP + row * (double) rowHeight);
    }
    return svg.finish();
  }

  private void row(AxisFacts axis, double y) {
    double middle = y + rowHeight / 2.0;
    String words = PictureWidth.words(rowHeight);
    svg.words(new Spot(left - 8, middle), Anchor.END, words, labels.of(axis.name()), axis.name());
    double thickness = Math.max(6, rowHeight - 6.0);
    double barTop = middle - thickness / 2;
    Box kept = new Box(left, barTop, axis.chosen() * pixelsPerUnit, thickness);
    Box original = new Box(left, barTop, axis.units() * pixelsPerUnit, thickness);
    svg.box(kept, axis.isConfigurable() ? "kept" : "kept frozen");
    svg.box(original, "original", picture.hasTitles() ? title(axis) : "");
    boolean cut = axis.chosen() < axis.units();
    svg.words(
        new Spot(original.right() + 6, middle),
        Anchor.START,
        cut ? words : words + " quiet",
        cut ? axis.units() + " → " + axis.chosen() : Integer.toString(axis.units()));
  }

  private static String title(AxisFacts axis) {
    String share = Figures.percent((double) axis.chosen() / axis.units(), 1);
    return axis.name()
        + ": "
        + axis.chosen()
        + " of "
        + axis.units()
        + " kept ("
        + share
        + ")"
        + axis.frozen().map(reason -> "; " + reason).orElse("");
  }
}
