package io.espalier.worker.report.chart;

import io.espalier.worker.algorithm.search.Abbreviation;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.report.chart.Svg.Anchor;
import io.espalier.worker.report.chart.Svg.Box;
import io.espalier.worker.report.chart.Svg.Spot;
import io.espalier.worker.report.facts.Losses;
import io.espalier.worker.report.facts.PruningReport.Curve;
import io.espalier.worker.report.facts.PruningReport.Measurement;
import io.espalier.worker.report.facts.PruningReport.Point;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Chart of other budgets: the share of one quantity that is left to the right, the loss of score
 * upwards; the budget, what was chosen and what was measured are marked.
 */
public final class LineChart {
  /**
   * Content of a chart.
   *
   * @param losses what the losses of the curve are
   * @param curve points and measurements
   * @param quantity the quantity to the right
   * @param whole how much of it the original has
   * @param bound what was allowed of it, if it was limited
   */
  public record Content(
      Losses losses, Curve curve, Quantity quantity, long whole, Optional<Budget.Bound> bound) {
    double share(Cost cost) {
      return (double) quantity.of(cost) / whole;
    }
  }

  private static final int MOST_DOTS = 60;
  private static final int LEFT = 56;
  private static final int RIGHT = 24;
  private static final int TOP = 52;
  private static final int BOTTOM = 44;

  private final PictureWidth picture;
  private final Content content;
  private final List<Point> points;
  private final Box area;
  private final Ticks across;
  private final ChartScale up;
  private final Svg svg;

  private LineChart(PictureWidth picture, Content content) {
    this.picture = picture;
    this.content = content;
    this.points =
        content.curve().points().stream()
            .filter(point -> Double.isFinite(point.predictedLoss()))
            .sorted(
                Comparator.<Point>comparingDouble(point -> content.share(point.cost()))
                    .thenComparing(Point::predictedLoss, Comparator.reverseOrder()))
            .toList();
    double height = picture == PictureWidth.WIDE ? 360 : 300;
    this.area = new Box(LEFT, TOP, picture.width() - LEFT - RIGHT, height - TOP - BOTTOM);
    this.across = Ticks.covering(smallestShare(), 1, picture == PictureWidth.WIDE ? 8 : 4);
    this.up = ChartScale.of(losses(), 5);
    String label =
        "Line chart: %s by %s left".formatted(content.losses().label(), content.quantity().label());
    this.svg = new Svg(picture, height, label);
  }

  /** The picture. */
  public static String on(PictureWidth picture, Content content) {
    return new LineChart(picture, content).draw();
  }

  private String draw() {
    legend();
    grid();
    content.bound().ifPresent(this::budget);
    if (points.size() > 1) {
      svg.polyline(points.stream().map(this::spot).toList(), "curve");
    }
    if (points.size() <= MOST_DOTS) {
      points.forEach(point -> svg.circle(spot(point), 3, "dot", title("predicted", point)));
    }
    content.curve().measured().stream()
        .filter(measured -> Double.isFinite(measured.lostScore()))
        .forEach(this::measured);
    chosen().ifPresent(point -> svg.circle(spot(point), 7, "picked", title("chosen", point)));
    return svg.finish();
  }

  private void measured(Measurement measured) {
    Spot at = spot(measured);
    svg.diamond(at, 6, "measured", title(measured));
    measured
        .accuracy()
        .ifPresent(
            accuracy -> {
              boolean toTheLeft = at.x() > area.x() + area.width() * 0.6;
              svg.words(
                  new Spot(at.x() + (toTheLeft ? -10 : 10), at.y() - 10),
                  toTheLeft ? Anchor.END : Anchor.START,
                  "tick value",
                  "accuracy " + Figures.percent(accuracy, 1));
            });
  }

  private Optional<Point> chosen() {
    return content.curve().chosen().filter(point -> Double.isFinite(point.predictedLoss()));
  }

  /** Every finite loss in the picture, and 0, which the original loses. */
  private DoubleStream losses() {
    return Stream.of(
            Stream.of(0.0),
            points.stream().map(Point::predictedLoss),
            chosen().stream().map(Point::predictedLoss),
            content.curve().measured().stream().map(Measurement::lostScore))
        .flatMap(values -> values)
        .mapToDouble(Double::doubleValue)
        .filter(Double::isFinite);
  }

  private double smallestShare() {
    Stream<Cost> costs =
        Stream.of(
                points.stream().map(Point::cost),
                chosen().stream().map(Point::cost),
                content.curve().measured().stream().map(Measurement::cost))
            .flatMap(values -> values);
    double smallest = costs.mapToDouble(content::share).min().orElse(0);
    double bound = content.bound().map(b -> (double) b.limit() / content.whole()).orElse(1.0);
    return Math.max(0, Math.min(smallest, bound) - 0.02);
  }

  private Spot spot(Point point) {
    return spot(content.share(point.cost()), point.predictedLoss());
  }

  private Spot spot(Measurement measured) {
    return spot(content.share(measured.cost()), measured.lostScore());
  }

  private Spot spot(double share, double loss) {
    return new Spot(
        area.x() + across.position(share) * area.width(),
        area.y() + (1 - up.position(loss)) * area.height());
  }

  private void grid() {
    for (double value : up.values()) {
      Spot at = spot(across.low(), value);
      svg.line(at, new Spot(area.right(), at.y()), value == 0 ? "axis" : "grid");
      svg.words(new Spot(LEFT - 8, at.y()), Anchor.END, "tick", up.text(value));
    }
    double bottom = area.y() + area.height();
    for (double share : across.values()) {
      double x = spot(share, 0).x();
      svg.line(new Spot(x, area.y()), new Spot(x, bottom), "grid");
      svg.words(new Spot(x, bottom + 14), Anchor.MIDDLE, "tick", Figures.percent(share, 0));
    }
    svg.words(
        new Spot(area.x() + area.width() / 2, bottom + 34),
        Anchor.MIDDLE,
        "tick",
        "%s left (100 %% = %s)"
            .formatted(
                content.quantity().label(), Abbreviation.of(content.quantity(), content.whole())));
    String log = up instanceof DecadeScale ? ", by powers of ten" : "";
    svg.words(new Spot(0, TOP - 14), Anchor.START, "tick", content.losses().label() + log);
  }

  private void budget(Budget.Bound bound) {
    double share = (double) bound.limit() / content.whole();
    double x = spot(Math.min(across.high(), share), 0).x();
    svg.line(new Spot(x, area.y() - 6), new Spot(x, area.y() + area.height()), "budget");
    boolean toTheLeft = x > area.x() + area.width() * 0.6;
    svg.words(
        new Spot(x, area.y() - 14),
        toTheLeft ? Anchor.END : Anchor.START,
        "tick strong",
        "budget " + Figures.percent(share, 0));
  }

  private void legend() {
    double step = Math.min(120, (picture.width() - 8) / 3.0);
    double y = 9;
    svg.line(new Spot(2, y), new Spot(18, y), "curve").circle(new Spot(10, y), 3, "dot", "");
    svg.words(new Spot(24, y), Anchor.START, "tick", "predicted");
    svg.circle(new Spot(step + 10, y), 6, "picked", "");
    svg.words(new Spot(step + 22, y), Anchor.START, "tick", "chosen");
    if (!content.curve().measured().isEmpty()) {
      svg.diamond(new Spot(2 * step + 10, y), 6, "measured", "");
      svg.words(new Spot(2 * step + 22, y), Anchor.START, "tick", "measured");
    }
  }

  private String title(String what, Point point) {
    return title(what, point.cost(), point.predictedLoss());
  }

  private String title(Measurement measured) {
    return title(measured.name() + ", measured", measured.cost(), measured.lostScore())
        + ", score "
        + Figures.significant(measured.score());
  }

  private String title(String what, Cost cost, double loss) {
    return "%s: %s %s (%s), %s %s"
        .formatted(
            what,
            Abbreviation.of(content.quantity(), content.quantity().of(cost)),
            content.quantity().label(),
            Figures.percent(content.share(cost), 1),
            content.losses().verb(),
            Figures.significant(loss));
  }
}
