package io.espalier.worker.report.chart;

import io.espalier.worker.report.chart.Svg.Anchor;
import io.espalier.worker.report.chart.Svg.Box;
import io.espalier.worker.report.chart.Svg.Spot;
import io.espalier.worker.report.facts.LearningFacts;
import io.espalier.worker.report.facts.LearningFacts.Point;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/** Chart of a training: steps to the right, what was measured or lost upwards. */
public final class LearningChart {
  private static final int LEFT = 64;
  private static final int RIGHT = 24;
  private static final int TOP = 44;
  private static final int BOTTOM = 44;

  /**
   * Content of a chart.
   *
   * @param label what goes upwards, in words
   * @param value what it is of a judgement; not a number if it has none
   * @param teacher what the teacher has of it; empty if there is no such thing
   */
  public record Content(
      LearningFacts facts, String label, ToDoubleFunction<Point> value, OptionalDouble teacher) {
    private List<Point> points() {
      return facts.points().stream()
          .filter(point -> Double.isFinite(value.applyAsDouble(point)))
          .toList();
    }
  }

  private final Content content;
  private final List<Point> points;
  private final Box area;
  private final Ticks across;
  private final ChartScale up;
  private final Svg svg;

  private LearningChart(PictureWidth picture, Content content) {
    this.content = content;
    this.points = content.points();
    double height = picture == PictureWidth.WIDE ? 300 : 260;
    this.area = new Box(LEFT, TOP, picture.width() - LEFT - RIGHT, height - TOP - BOTTOM);
    long last = points.isEmpty() ? 1 : points.get(points.size() - 1).step();
    this.across = Ticks.covering(0, Math.max(1, last), picture == PictureWidth.WIDE ? 8 : 4);
    this.up =
        ChartScale.of(
            DoubleStream.concat(
                points.stream().mapToDouble(content.value()), content.teacher().stream()),
            5);
    this.svg = new Svg(picture, height, "Line chart: %s by step".formatted(content.label()));
  }

  /** The picture. */
  public static String on(PictureWidth picture, Content content) {
    return new LearningChart(picture, content).draw();
  }

  private String draw() {
    grid();
    content.teacher().ifPresent(this::teacher);
    svg.polyline(points.stream().map(this::spot).toList(), "curve");
    points.forEach(point -> svg.circle(spot(point), 3, "dot", title(point)));
    Point best = content.facts().points().get(content.facts().best());
    if (points.contains(best)) {
      svg.circle(spot(best), 7, "picked", "went out: " + title(best));
    }
    return svg.finish();
  }

  private void grid() {
    for (double value : up.values()) {
      Spot at = new Spot(area.x(), area.y() + (1 - up.position(value)) * area.height());
      svg.line(at, new Spot(area.right(), at.y()), "grid");
      svg.words(new Spot(LEFT - 8, at.y()), Anchor.END, "tick", up.text(value));
    }
    double bottom = area.y() + area.height();
    for (double step : across.values()) {
      double x = area.x() + across.position(step) * area.width();
      svg.line(new Spot(x, area.y()), new Spot(x, bottom), "grid");
      svg.words(new Spot(x, bottom + 14), Anchor.MIDDLE, "tick", across.text(step));
    }
    svg.words(new Spot(area.x() + area.width() / 2, bottom + 34), Anchor.MIDDLE, "tick", "steps");
    svg.words(new Spot(0, TOP - 28), Anchor.START, "tick", content.label());
  }

  private void teacher(double value) {
    double y = area.y() + (1 - up.position(value)) * area.height();
    svg.line(new Spot(area.x(), y), new Spot(area.right(), y), "budget");
    svg.words(
        new Spot(area.right(), y - 10),
        Anchor.END,
        "tick strong",
        "teacher " + Figures.significant(value));
  }

  private Spot spot(Point point) {
    return new Spot(
        area.x() + across.position(point.step()) * area.width(),
        area.y() + (1 - up.position(content.value().applyAsDouble(point))) * area.height());
  }

  private String title(Point point) {
    return "step %d: %s %s"
        .formatted(
            point.step(),
            content.label(),
            Figures.significant(content.value().applyAsDouble(point)));
  }
}
