package io.espalier.worker.report.chart;

import io.espalier.worker.report.chart.Svg.Anchor;
import io.espalier.worker.report.chart.Svg.Box;
import io.espalier.worker.report.chart.Svg.Spot;
import io.espalier.worker.report.facts.PruningReport.Units;
import io.espalier.worker.report.facts.UnitRow;

/**
 * Map of single units' worth: a row per axis, a cell per unit or per part of the ranked units,
 * coloured by score. A line runs through units that go.
 */
public final class UnitMap {
  private static final int ROOM_FOR_NUMBERS = 76;
  private static final int ROOM_FOR_NUMBER = 40;
  private static final int AXIS_HEIGHT = 22;

  private final PictureWidth picture;
  private final Units units;
  private final LossScale scale;
  private final int rowHeight;
  private final Labels labels;
  private final double left;
  private final double width;
  private final int widest;
  private final Svg svg;

  private UnitMap(PictureWidth picture, Units units) {
    this.picture = picture;
    this.units = units;
    this.scale =
        LossScale.of(
            units.rows().stream()
                .flatMap(row -> row.cells().stream())
                .mapToDouble(UnitRow.Cell::score));
    this.rowHeight = PictureWidth.rowHeight(units.rows().size());
    this.labels = Labels.of(picture, rowHeight, units.rows().stream().map(UnitRow::axis).toList());
    this.left = picture.labelWidth();
    this.width = picture.width() - left - ROOM_FOR_NUMBERS;
    this.widest = units.rows().stream().mapToInt(UnitRow::units).max().orElse(1);
    double height =
        ColourLegend.HEIGHT + AXIS_HEIGHT + units.rows().size() * (double) rowHeight + 4;
    this.svg = new Svg(picture, height, "Heat map: scores of " + units.kind() + " by axis");
  }

  /** The picture. */
  public static String on(PictureWidth picture, Units units) {
    return new UnitMap(picture, units).draw();
  }

  private String draw() {
    new ColourLegend(picture, scale, "score").draw(svg, left, width);
    double top = ColourLegend.HEIGHT + AXIS_HEIGHT;
    if (units.ranked()) {
      svg.words(new Spot(left, top - 12), Anchor.START, "tick", "best");
      svg.words(new Spot(left + width, top - 12), Anchor.END, "tick", "worst");
    }
    svg.words(new Spot(picture.width(), top - 12), Anchor.END, "tick", "kept");
    for (int row = 0; row < units.rows().size(); row++) {
      row(units.rows().get(row), top + row * (double) rowHeight);
    }
    return svg.finish();
  }

  private void row(UnitRow row, double y) {
    double middle = y + rowHeight / 2.0;
    String words = PictureWidth.words(rowHeight);
    svg.words(new Spot(left - 8, middle), Anchor.END, words, labels.of(row.axis()), row.axis());
    int before = 0;
    for (UnitRow.Cell cell : row.cells()) {
      cell(row, cell, before, y);
      before += cell.units();
    }
    gone(row, middle);
    svg.words(
        new Spot(picture.width(), middle), Anchor.END, words, row.kept() + " / " + row.units());
  }

  private void cell(UnitRow row, UnitRow.Cell cell, int before, double y) {
    double gap = units.ranked() ? 0 : 1;
    Box box =
        new Box(x(before), y + 1, x(before + cell.units()) - x(before) - gap, rowHeight - 2.0);
    svg.box(box, scale.style(cell.score()), picture.hasTitles() ? title(row, cell, before) : "");
    boolean isAlone = !units.ranked() && cell.kept() > 0;
    if (isAlone && rowHeight >= 18 && box.width() >= ROOM_FOR_NUMBER) {
      svg.words(
          new Spot(box.x() + box.width() / 2, box.middle()),
          Anchor.MIDDLE,
          "cell on-" + scale.style(cell.score()),
          Figures.brief(cell.score()));
    }
  }

  /** Lines through what goes, each as long as units that go follow each other. */
  private void gone(UnitRow row, double y) {
    int from = -1;
    int before = 0;
    for (UnitRow.Cell cell : row.cells()) {
      if (cell.kept() < cell.units() && from < 0) {
        from = before + cell.kept();
      }
      before += cell.units();
      if (cell.kept() == cell.units() && from >= 0) {
        line(from, before - cell.units(), y);
        from = -1;
      }
    }
    if (from >= 0) {
      line(from, before, y);
    }
  }

  private void line(int from, int to, double y) {
    var start = new Spot(x(from) + 2, y);
    var end = new Spot(x(to) - 3, y);
    svg.line(start, end, "gone-halo").line(start, end, "gone");
  }

  private double x(int unit) {
    return left + width * unit / widest;
  }

  private String title(UnitRow row, UnitRow.Cell cell, int before) {
    String score = "score " + Figures.significant(cell.score());
    if (!units.ranked()) {
      String fate = cell.kept() > 0 ? "stays" : "goes";
      return "%s, unit %d: %s, %s".formatted(row.axis(), before, score, fate);
    }
    return "%s, ranks %d to %d of %d: mean %s, %d of %d stay"
        .formatted(
            row.axis(),
            before + 1,
            before + cell.units(),
            row.units(),
            score,
            cell.kept(),
            cell.units());
  }
}
