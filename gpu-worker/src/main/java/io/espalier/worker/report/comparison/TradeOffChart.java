package io.espalier.worker.report.comparison;

import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.Change;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.chart.PictureWidth;
import io.espalier.worker.report.chart.Svg;
import io.espalier.worker.report.chart.Svg.Anchor;
import io.espalier.worker.report.chart.Svg.Box;
import io.espalier.worker.report.chart.Ticks;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Models as dots: the share of a cost that is left to the right, how good they are upwards. A line
 * runs through the Pareto front: those that no other model beats in one and equals in the other.
 */
final class TradeOffChart {
  /**
   * A model.
   *
   * @param name what it is called
   * @param cost in the unit of the cost
   * @param quality in the unit of the quality
   */
  record Spot(String name, double cost, double quality) {}

  private static final int LEFT = 64;
  private static final int RIGHT = 24;
  private static final int TOP = 44;
  private static final int BOTTOM = 44;
  private static final double LETTER = 6.5;

  private final PictureWidth picture;
  private final List<Spot> spots;
  private final Metric cost;
  private final Metric quality;
  private final double whole;
  private final Box area;
  private final Ticks across;
  private final Ticks up;
  private final Svg svg;

  private TradeOffChart(PictureWidth picture, List<Spot> spots, Metric cost, Metric quality) {
    this.picture = picture;
    this.spots = spots;
    this.cost = cost;
    this.quality = quality;
    this.whole = cost.before().orElse(1);
    double height = picture == PictureWidth.WIDE ? 360 : 300;
    this.area = new Box(LEFT, TOP, picture.width() - LEFT - RIGHT, height - TOP - BOTTOM);
    double least = spots.stream().mapToDouble(Spot::cost).min().orElse(0) / whole;
    this.across =
        Ticks.covering(Math.max(0, least - 0.02), 1, picture == PictureWidth.WIDE ? 8 : 4);
    this.up =
        Ticks.covering(
            spots.stream().mapToDouble(Spot::quality).min().orElse(0),
            spots.stream().mapToDouble(Spot::quality).max().orElse(1),
            5);
    this.svg =
        new Svg(
            picture,
            height,
            "Dots: %s by %s left".formatted(Change.label(quality), Change.label(cost)));
  }

  /** The picture. */
  static String on(PictureWidth picture, List<Spot> spots, Metric cost, Metric quality) {
    return new TradeOffChart(picture, spots, cost, quality).draw();
  }

  /**
   * The models that no other beats, from the cheapest to the dearest.
   *
   * @param higherIsBetter whether more quality is better
   */
  static List<Spot> front(List<Spot> spots, boolean higherIsBetter) {
    double sign = higherIsBetter ? 1 : -1;
    List<Spot> cheapestFirst =
        spots.stream()
            .sorted(
                Comparator.comparingDouble(Spot::cost)
                    .thenComparing(Comparator.comparingDouble(spot -> -sign * spot.quality())))
            .toList();
    List<Spot> front = new ArrayList<>();
    double best = Double.NEGATIVE_INFINITY;
    for (Spot spot : cheapestFirst) {
      if (sign * spot.quality() > best) {
        front.add(spot);
        best = sign * spot.quality();
      }
    }
    return front;
  }

  private String draw() {
    grid();
    List<Spot> front = front(spots, quality.higherIsBetter());
    if (front.size() > 1) {
      svg.polyline(front.stream().map(this::place).toList(), "curve");
    }
    for (Spot spot : spots) {
      Svg.Spot at = place(spot);
      svg.circle(at, 5, front.contains(spot) ? "dot" : "measured", title(spot));
      double width = LETTER * spot.name().length();
      boolean toTheLeft = at.x() + 10 + width > area.right();
      // beside the line, which rises to the right
      Svg.Spot beside =
          toTheLeft ? new Svg.Spot(at.x() - 8, at.y() - 9) : new Svg.Spot(at.x() + 8, at.y() + 9);
      svg.words(beside, toTheLeft ? Anchor.END : Anchor.START, "tick", spot.name());
    }
    return svg.finish();
  }

  /** Better is up, also where less is better. */
  private Svg.Spot place(Spot spot) {
    double height = up.position(spot.quality());
    return new Svg.Spot(
        area.x() + across.position(spot.cost() / whole) * area.width(),
        area.y() + (quality.higherIsBetter() ? 1 - height : height) * area.height());
  }

  private void grid() {
    for (double value : up.values()) {
      Svg.Spot at = place(new Spot("", across.low() * whole, value));
      svg.line(at, new Svg.Spot(area.right(), at.y()), "grid");
      svg.words(
          new Svg.Spot(LEFT - 8, at.y()),
          Anchor.END,
          "tick",
          quality.unit().equals("fraction")
              ? Figures.percent(value, 1)
              : Figures.significant(value));
    }
    double bottom = area.y() + area.height();
    for (double share : across.values()) {
      double x = area.x() + across.position(share) * area.width();
      svg.line(new Svg.Spot(x, area.y()), new Svg.Spot(x, bottom), "grid");
      svg.words(new Svg.Spot(x, bottom + 14), Anchor.MIDDLE, "tick", Figures.percent(share, 0));
    }
    svg.words(
        new Svg.Spot(area.x() + area.width() / 2, bottom + 34),
        Anchor.MIDDLE,
        "tick",
        "%s left (100 %% = %s)".formatted(Change.label(cost), Figures.of(whole, cost.unit())));
    svg.words(new Svg.Spot(0, TOP - 28), Anchor.START, "tick strong", Change.label(quality));
  }

  private String title(Spot spot) {
    return picture.hasTitles()
        ? "%s: %s %s, %s %s"
            .formatted(
                spot.name(),
                Figures.of(spot.cost(), cost.unit()),
                Change.label(cost),
                Change.label(quality),
                Figures.of(spot.quality(), quality.unit()))
        : "";
  }
}
