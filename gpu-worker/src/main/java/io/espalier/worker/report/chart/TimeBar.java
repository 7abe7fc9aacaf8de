package io.espalier.worker.report.chart;

import io.espalier.worker.report.chart.Svg.Anchor;
import io.espalier.worker.report.chart.Svg.Box;
import io.espalier.worker.report.chart.Svg.Spot;
import io.espalier.worker.report.facts.PruningReport.Effort;
import io.espalier.worker.report.facts.PruningReport.Phase;

/** Use of the time: one bar of phases, and below it a line per phase. */
public final class TimeBar {
  /** How many colours the style sheet has for phases. */
  private static final int COLOURS = 8;

  private static final int BAR = 34;
  private static final int LINE = 22;
  private static final int LETTER = 7;

  private final PictureWidth picture;
  private final Effort effort;
  private final Svg svg;

  private TimeBar(PictureWidth picture, Effort effort) {
    this.picture = picture;
    this.effort = effort;
    double height = BAR + 12.0 + LINE * effort.phases().size();
    this.svg = new Svg(picture, height, "Stacked bar: time by phase");
  }

  /** The picture. */
  public static String on(PictureWidth picture, Effort effort) {
    return new TimeBar(picture, effort).draw();
  }

  private String draw() {
    double x = 0;
    for (int i = 0; i < effort.phases().size(); i++) {
      Phase phase = effort.phases().get(i);
      double width = effort.share(phase) * picture.width();
      Box box = new Box(x, 0, width, BAR);
      svg.box(box, colour(i), picture.hasTitles() ? title(phase) : "");
      String share = percent(phase);
      if (width > (phase.name().length() + share.length() + 3) * LETTER) {
        inside(box, phase.name() + " " + share);
      } else if (width > (share.length() + 1) * LETTER) {
        inside(box, share);
      }
      line(i, phase);
      x += width;
    }
    return svg.finish();
  }

  private void inside(Box box, String text) {
    svg.words(new Spot(box.x() + box.width() / 2, box.middle()), Anchor.MIDDLE, "phase", text);
  }

  private void line(int index, Phase phase) {
    double y = BAR + 12.0 + LINE * index + LINE / 2.0;
    double edge = Math.min(picture.width(), 460);
    svg.box(new Box(0, y - 6, 12, 12), colour(index));
    svg.words(new Spot(20, y), Anchor.START, "plain", phase.name());
    svg.words(new Spot(edge - 70, y), Anchor.END, "plain", Figures.seconds(phase.seconds()));
    svg.words(new Spot(edge, y), Anchor.END, "plain quiet", percent(phase));
  }

  private String percent(Phase phase) {
    return Figures.percent(effort.share(phase), 1);
  }

  private String title(Phase phase) {
    return "%s: %s (%s)".formatted(phase.name(), Figures.seconds(phase.seconds()), percent(phase));
  }

  private static String colour(int index) {
    return "c" + index % COLOURS;
  }
}
