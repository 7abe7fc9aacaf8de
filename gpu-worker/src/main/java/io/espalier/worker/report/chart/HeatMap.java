package io.espalier.worker.report.chart;

import io.espalier.worker.report.chart.Svg.Anchor;
import io.espalier.worker.report.chart.Svg.Box;
import io.espalier.worker.report.chart.Svg.Spot;
import io.espalier.worker.report.facts.Losses;
import io.espalier.worker.report.facts.PruningReport.AxisFacts;
import java.util.List;
import java.util.Locale;

/**
 * Map of the loss when one axis alone is cut: a row per axis that had a choice, a cell per choice.
 * A cell ends where the fraction of the width that it keeps is, and begins where the next narrower
 * one ends; the chosen one is outlined.
 */
public final class HeatMap {
  private static final int AXIS_HEIGHT = 22;
  private static final int ROOM_FOR_NUMBER = 40;

  private final PictureWidth picture;
  private final Losses losses;
  private final List<AxisFacts> axes;
  private final LossScale scale;
  private final int rowHeight;
  private final Labels labels;
  private final double left;
  private final double width;
  private final Svg svg;

  private HeatMap(PictureWidth picture, Losses losses, List<AxisFacts> axes) {
    this.picture = picture;
    this.losses = losses;
    this.axes = axes;
    this.scale = LossScale.of(axes);
    this.rowHeight = PictureWidth.rowHeight(axes.size());
    this.labels = Labels.of(picture, rowHeight, axes.stream().map(AxisFacts::name).toList());
    this.left = picture.labelWidth();
    this.width = picture.width() - left - 76;
    double height = ColourLegend.HEIGHT + AXIS_HEIGHT + axes.size() * (double) rowHeight + 4;
    this.svg = new Svg(picture, height, "Heat map: " + losses.label() + " by axis and kept width");
  }

  /** The picture of axes that had a choice. */
  public static String on(PictureWidth picture, Losses losses, List<AxisFacts> axes) {
    return new HeatMap(picture, losses, axes).draw();
  }

  private String draw() {
    new ColourLegend(picture, scale, losses.label()).draw(svg, left, width);
    grid();
    for (int row = 0; row < axes.size(); row++) {
      row(axes.get(row), top() + row * (double) rowHeight);
    }
    return svg.finish();
  }

  private double top() {
    return ColourLegend.HEIGHT + AXIS_HEIGHT;
  }

  private void grid() {
    double bottom = top() + axes.size() * (double) rowHeight;
    for (int percent = 0; percent <= 100; percent += 25) {
      double x = left + width * percent / 100;
      svg.line(new Spot(x, top() - 4), new Spot(x, bottom + 2), "grid");
      svg.words(new Spot(x, top() - 12), Anchor.MIDDLE, "tick", percent + " %");
    }
    svg.words(new Spot(left - 24, top() - 12), Anchor.END, "tick", "width kept");
    svg.words(new Spot(picture.width(), top() - 12), Anchor.END, "tick", "chosen");
  }

  private void row(AxisFacts axis, double y) {
    double middle = y + rowHeight / 2.0;
    String words = PictureWidth.words(rowHeight);
    svg.words(new Spot(left - 8, middle), Anchor.END, words, labels.of(axis.name()), axis.name());
    Box chosen = null;
    for (int i = 0; i < axis.choices().size(); i++) {
      Box box = cell(axis, i, y);
      fill(axis, i, box);
      chosen = axis.choices().get(i) == axis.chosen() ? box : chosen;
    }
    if (chosen != null) {
      svg.box(chosen, "halo").box(chosen, "chosen");
    }
    String kept = axis.chosen() + " / " + axis.units();
    svg.words(new Spot(picture.width(), middle), Anchor.END, words, kept);
  }

  private Box cell(AxisFacts axis, int choice, double y) {
    List<Integer> widths = axis.choices();
    int width = widths.get(choice);
    int before = choice > 0 ? widths.get(choice - 1) : Math.max(0, width - (widths.get(1) - width));
    double from = left + this.width * before / axis.units();
    double to = left + this.width * width / axis.units();
    return new Box(from + 0.5, y + 1, to - from - 1, rowHeight - 2.0);
  }

  private void fill(AxisFacts axis, int choice, Box box) {
    double loss = axis.loss(choice);
    svg.box(box, scale.style(loss), picture.hasTitles() ? title(axis, choice) : "");
    if (rowHeight >= 18 && box.width() >= ROOM_FOR_NUMBER && !Double.isNaN(loss)) {
      svg.words(
          new Spot(box.x() + box.width() / 2, box.middle()),
          Anchor.MIDDLE,
          "cell on-" + scale.style(loss),
          Figures.brief(loss));
    }
  }

  private String title(AxisFacts axis, int choice) {
    int width = axis.choices().get(choice);
    double loss = axis.loss(choice);
    return String.format(
        Locale.ROOT,
        "%s: %d of %d kept (%s), %s%s",
        axis.name(),
        width,
        axis.units(),
        Figures.percent((double) width / axis.units(), 0),
        Double.isNaN(loss) ? "not measured" : losses.verb() + " " + Figures.significant(loss),
        width == axis.chosen() ? "; chosen" : "");
  }
}
