package io.espalier.worker.report.chart;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** A picture as inline SVG: boxes, lines and words, coloured by the classes of the style sheet. */
public final class Svg {
  /** A rectangle; {@code x}, {@code y} are its upper left corner. */
  public record Box(double x, double y, double width, double height) {
    public double right() {
      return x + width;
    }

    double middle() {
      return y + height / 2;
    }
  }

  /** A place. */
  public record Spot(double x, double y) {}

  /** Position of words about a place. */
  public enum Anchor {
    /** To the right of it. */
    START,
    /** Around it. */
    MIDDLE,
    /** To the left of it. */
    END;

    private String value() {
      return switch (this) {
        case START -> "start";
        case MIDDLE -> "middle";
        case END -> "end";
      };
    }
  }

  private final Markup markup = new Markup();

  /** A picture of a width and a height; the label is read to those who cannot see it. */
  public Svg(PictureWidth picture, double height, String label) {
    this(picture.width(), height, picture.style(), label);
  }

  public Svg(double width, double height, String style, String label) {
    markup.open(
        "svg",
        "xmlns",
        "http://www.w3.org/2000/svg",
        "class",
        style,
        "viewBox",
        "0 0 " + number(width) + " " + number(height),
        "role",
        "img",
        "aria-label",
        label);
  }

  public Svg box(Box box, String style) {
    box(box, style, "");
    return this;
  }

  /** A rectangle that says something when pointed at; nothing if that is empty. */
  public Svg box(Box box, String style, String title) {
    String[] attributes = {
      "class", style,
      "x", number(box.x()),
      "y", number(box.y()),
      "width", number(Math.max(0, box.width())),
      "height", number(Math.max(0, box.height()))
    };
    return titled("rect", title, attributes);
  }

  public Svg circle(Spot center, double radius, String style, String title) {
    return titled(
        "circle",
        title,
        "class",
        style,
        "cx",
        number(center.x()),
        "cy",
        number(center.y()),
        "r",
        number(radius));
  }

  /** A square on its corner. */
  Svg diamond(Spot center, double radius, String style, String title) {
    double x = center.x();
    double y = center.y();
    String points =
        String.join(
            " ",
            pair(x, y - radius),
            pair(x + radius, y),
            pair(x, y + radius),
            pair(x - radius, y));
    return titled("polygon", title, "class", style, "points", points);
  }

  public Svg line(Spot from, Spot to, String style) {
    markup.empty(
        "line",
        "class",
        style,
        "x1",
        number(from.x()),
        "y1",
        number(from.y()),
        "x2",
        number(to.x()),
        "y2",
        number(to.y()));
    return this;
  }

  /** A line through all places. */
  public Svg polyline(Iterable<Spot> spots, String style) {
    var points = new StringBuilder();
    for (Spot spot : spots) {
      points.append(points.isEmpty() ? "" : " ").append(pair(spot.x(), spot.y()));
    }
    markup.empty("polyline", "class", style, "points", points.toString());
    return this;
  }

  /** Words on one line; {@code y} is the middle of the line. */
  public Svg words(Spot spot, Anchor anchor, String style, String text) {
    return words(spot, anchor, style, text, "");
  }

  public Svg words(Spot spot, Anchor anchor, String style, String text, String title) {
    markup.open(
        "text",
        "class",
        style,
        "x",
        number(spot.x()),
        "y",
        number(spot.y()),
        "dy",
        "0.35em",
        "text-anchor",
        anchor.value());
    if (!title.isEmpty()) {
      markup.element("title", title);
    }
    markup.text(text).close();
    return this;
  }

  private Svg titled(String element, String title, String... attributes) {
    if (title.isEmpty()) {
      markup.empty(element, attributes);
    } else {
      markup.open(element, attributes).element("title", title).close();
    }
    return this;
  }

  private static String pair(double x, double y) {
    return number(x) + "," + number(y);
  }

  /** At most two decimals. */
  static String number(double value) {
    BigDecimal rounded =
        BigDecimal.valueOf(value).setScale(2, RoundingMode.HALF_UP).stripTrailingZeros();
    return rounded.signum() == 0 ? "0" : rounded.toPlainString();
  }

  /** The finished picture. */
  public String finish() {
    return markup.close().toString();
  }
}
