package io.espalier.worker.report.chart;

import io.espalier.worker.report.chart.Svg.Anchor;
import io.espalier.worker.report.chart.Svg.Box;
import io.espalier.worker.report.chart.Svg.Spot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleFunction;

/**
 * Models as dots: what they cost to the right, how good they are upwards or how bad, and a line
 * through those that no other one beats in both.
 */
public final class ParetoScatter {
  /** Meaning of a dot. */
  public enum Mark {
    /** A model among others. */
    PLAIN,
    /** The one, or one of those, that came out. */
    CHOSEN
  }

  /**
   * A model.
   *
   * @param title what it says when it is pointed at
   * @param label words beside it; empty for none
   * @param across what it costs; less is better
   * @param up its score
   * @param mark what it stands for
   */
  public record Dot(String title, String label, double across, double up, Mark mark) {
    boolean isFinite() {
      return Double.isFinite(across) && Double.isFinite(up);
    }
  }

  /**
   * An axis in words.
   *
   * @param label what it shows
   * @param text how its values are written
   */
  public record Wording(String label, DoubleFunction<String> text) {}

  /**
   * Content of a picture.
   *
   * @param across the axis of costs
   * @param up the axis of scores
   * @param lessIsBetter whether a lower score is the better one
   * @param dots models; those with numbers that are none are left out
   */
  public record Content(Wording across, Wording up, boolean lessIsBetter, List<Dot> dots) {
    /** A picture; dots are copied. */
    public Content {
      dots = dots.stream().filter(Dot::isFinite).toList();
    }

    /** Those that no other one beats in cost and score, the cheapest first. */
    public List<Dot> front() {
      Comparator<Dot> best = Comparator.comparingDouble(this::badness);
      var front = new ArrayList<Dot>();
      dots.stream()
          .sorted(Comparator.comparingDouble(Dot::across).thenComparing(best))
          .filter(dot -> front.isEmpty() || badness(dot) < badness(front.get(front.size() - 1)))
          .forEach(front::add);
      return front;
    }

    private double badness(Dot dot) {
      return lessIsBetter ? dot.up() : -dot.up();
    }
  }

  /** Up to so many dots say something when pointed at. */
  private static final int MOST_TITLES = 300;

  private static final int LEFT = 62;
  private static final int RIGHT = 24;
  private static final int TOP = 52;
  private static final int BOTTOM = 44;

  private final PictureWidth picture;
  private final Content content;
  private final Box area;
  private final ChartScale across;
  private final ChartScale up;
  private final Svg svg;

  private ParetoScatter(PictureWidth picture, Content content) {
    this.picture = picture;
    this.content = content;
    double height = picture == PictureWidth.WIDE ? 340 : 300;
    this.area = new Box(LEFT, TOP, picture.width() - LEFT - RIGHT, height - TOP - BOTTOM);
    double cheapest = content.dots().stream().mapToDouble(Dot::across).min().orElse(0);
    double dearest = content.dots().stream().mapToDouble(Dot::across).max().orElse(1);
    this.across = Ticks.covering(cheapest, dearest, picture == PictureWidth.WIDE ? 7 : 3);
    this.up = ChartScale.of(content.dots().stream().mapToDouble(Dot::up), 5);
    String label = "Scatter: %s by %s".formatted(content.up().label(), content.across().label());
    this.svg = new Svg(picture, height, label);
  }

  /** Writes the picture, for wide and narrow pages. */
  public static void write(Content content, Markup out) {
    PictureWidth.write(out, picture -> on(picture, content));
  }

  static String on(PictureWidth picture, Content content) {
    return new ParetoScatter(picture, content).draw();
  }

  private String draw() {
    legend();
    grid();
    List<Dot> front = content.front();
    if (front.size() > 1) {
      svg.polyline(front.stream().map(this::spot).toList(), "front");
    }
    for (Dot dot : content.dots()) {
      svg.circle(spot(dot), 4, front.contains(dot) ? "dot" : "dot beaten", title(dot));
    }
    for (Dot dot : content.dots()) {
      if (dot.mark() == Mark.CHOSEN) {
        svg.circle(spot(dot), 7, "picked", title(dot));
      }
      label(dot);
    }
    return svg.finish();
  }

  private String title(Dot dot) {
    return picture.hasTitles() && content.dots().size() <= MOST_TITLES ? dot.title() : "";
  }

  private void label(Dot dot) {
    if (dot.label().isEmpty()) {
      return;
    }
    Spot at = spot(dot);
    boolean toTheLeft = at.x() > area.x() + area.width() * 0.6;
    double away = toTheLeft ? -11 : 11;
    svg.words(
        new Spot(at.x() + away, at.y() - 9),
        toTheLeft ? Anchor.END : Anchor.START,
        "tick",
        dot.label());
  }

  private Spot spot(Dot dot) {
    return spot(dot.across(), dot.up());
  }

  private Spot spot(double cost, double score) {
    return new Spot(
        area.x() + across.position(cost) * area.width(),
        area.y() + (1 - up.position(score)) * area.height());
  }

  private void grid() {
    double bottom = area.y() + area.height();
    for (double value : up.values()) {
      double y = area.y() + (1 - up.position(value)) * area.height();
      svg.line(new Spot(area.x(), y), new Spot(area.right(), y), "grid");
      String text = up instanceof DecadeScale ? up.text(value) : content.up().text().apply(value);
      svg.words(new Spot(LEFT - 8, y), Anchor.END, "tick", text);
    }
    for (double value : across.values()) {
      double x = area.x() + across.position(value) * area.width();
      svg.line(new Spot(x, area.y()), new Spot(x, bottom), "grid");
      String text = content.across().text().apply(value);
      svg.words(new Spot(x, bottom + 14), Anchor.MIDDLE, "tick", text);
    }
    svg.words(
        new Spot(area.x() + area.width() / 2, bottom + 34),
        Anchor.MIDDLE,
        "tick",
        content.across().label());
    String log = up instanceof DecadeScale ? ", by powers of ten" : "";
    svg.words(new Spot(0, TOP - 14), Anchor.START, "tick", content.up().label() + log);
  }

  private void legend() {
    double step = Math.min(140, (picture.width() - 8) / 3.0);
    double y = 9;
    svg.circle(new Spot(8, y), 4, "dot beaten", "");
    svg.words(new Spot(20, y), Anchor.START, "tick", "candidate");
    svg.circle(new Spot(step + 8, y), 7, "picked", "").circle(new Spot(step + 8, y), 4, "dot", "");
    svg.words(new Spot(step + 22, y), Anchor.START, "tick", "chosen");
    svg.line(new Spot(2 * step + 2, y), new Spot(2 * step + 20, y), "front");
    svg.words(new Spot(2 * step + 26, y), Anchor.START, "tick", "Pareto front");
  }
}
