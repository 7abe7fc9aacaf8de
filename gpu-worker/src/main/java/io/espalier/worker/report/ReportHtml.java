package io.espalier.worker.report;

import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.report.chart.HeatMap;
import io.espalier.worker.report.chart.LineChart;
import io.espalier.worker.report.chart.LossScale;
import io.espalier.worker.report.chart.Markup;
import io.espalier.worker.report.chart.ParetoScatter;
import io.espalier.worker.report.chart.PictureWidth;
import io.espalier.worker.report.chart.TimeBar;
import io.espalier.worker.report.chart.UnitMap;
import io.espalier.worker.report.chart.WidthBars;
import io.espalier.worker.report.facts.Losses;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.AxisFacts;
import io.espalier.worker.report.facts.PruningReport.Constraint;
import io.espalier.worker.report.facts.PruningReport.Effort;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** A report as one HTML page. */
public final class ReportHtml {
  private final PruningReport report;
  private final PageSections sections = new PageSections();
  private final Markup out = sections.out();

  private ReportHtml(PruningReport report) {
    this.report = report;
  }

  /** The page. */
  public static String page(PruningReport report) {
    var html = new ReportHtml(report);
    return HtmlPage.of(PageMasthead.title(report), html::write);
  }

  private void write(Markup page) {
    units();
    CandidateTable.write(report, sections);
    report.setup().losses().ifPresent(this::sensitivity);
    report.learning().ifPresent(learning -> LearningSection.write(learning, sections));
    ModuleTable.write(report.result().modules(), sections);
    if (!report.choice().axes().isEmpty()) {
      widths();
    }
    report.setup().losses().ifPresent(this::curves);
    cuts();
    report.reconstruction().ifPresent(done -> ReconstructionSection.write(done, sections));
    if (report.learning().isEmpty() && report.result().modules().isEmpty()) {
      time();
    }
    Details.write(report, sections);
    page.raw(PageMasthead.of(report));
    Headline.write(report, page);
    sections.write(page);
  }

  private void units() {
    if (report.choice().units().isEmpty()) {
      return;
    }
    section(
        "What units are worth",
        "The score of every unit, a colour per score, as layers and kinds of units are compared; a"
            + " line runs through what goes.");
    for (PruningReport.Units kind : report.choice().units()) {
      out.element("h3", kind.ranked() ? kind.kind() + ", best first" : kind.kind());
      pictures(picture -> UnitMap.on(picture, kind));
    }
    out.close();
  }

  private void sensitivity(Losses losses) {
    List<AxisFacts> axes = report.choice().configurable();
    section(losses.heading(), losses.explanation());
    if (axes.isEmpty()) {
      out.element("p", "No axis had a choice.");
    } else {
      pictures(picture -> HeatMap.on(picture, losses, axes));
      boolean flat = LossScale.of(axes).isFlat();
      boolean measured = axes.stream().anyMatch(axis -> !axis.losses().isEmpty());
      if (flat && measured) {
        out.element("p", losses.none(), "class", "note");
      } else if (!measured) {
        out.element("p", "No losses were measured.", "class", "note");
      }
    }
    out.close();
  }

  private void widths() {
    long cut = report.choice().axes().stream().filter(axis -> axis.chosen() < axis.units()).count();
    section(
        "Widths before and after",
        "Axes that were cut: %d of %d. In the order of the forward pass: outlined before, filled after;"
                .formatted(cut, report.choice().axes().size())
            + " grey could not be cut.");
    Map<String, List<AxisFacts>> kinds = report.choice().byKind();
    kinds.forEach(
        (kind, axes) -> {
          if (kinds.size() > 1) {
            out.element("h3", kind);
          }
          pictures(picture -> WidthBars.on(picture, axes));
        });
    out.close();
  }

  private void curves(Losses losses) {
    section(losses.curveHeading(), losses.curve(report.setup().objective()));
    if (report.choice().curve().isEmpty()) {
      out.element("p", "Other budgets were not looked at.");
    } else if (report.result().constraints().isEmpty()) {
      curve(losses, Quantity.FLOPS, Optional.empty());
    } else {
      for (Constraint constraint : report.result().constraints()) {
        curve(losses, constraint.bound().quantity(), Optional.of(constraint.bound()));
      }
    }
    out.close();
  }

  private void curve(Losses losses, Quantity quantity, Optional<Budget.Bound> bound) {
    long known = report.choice().profile().map(profile -> quantity.of(profile.max())).orElse(0L);
    long whole = Math.max(1, known);
    var content = new LineChart.Content(losses, report.choice().curve(), quantity, whole, bound);
    pictures(picture -> LineChart.on(picture, content));
  }

  private void cuts() {
    ParetoScatter.Content content = CandidateScatter.cuts(report);
    if (content.dots().isEmpty()) {
      return;
    }
    section(
        "Single cuts",
        "Models of which one axis alone is cut: what they cost to the right, what they lose"
            + " upwards; those that need not be scored are taken to lose nothing. Rings are the"
            + " widths that were chosen.");
    ParetoScatter.write(content, out);
    out.close();
  }

  private void time() {
    Effort effort = report.effort();
    section("Time spent", EffortText.of(effort));
    if (!effort.phases().isEmpty()) {
      pictures(picture -> TimeBar.on(picture, effort));
    }
    out.close();
  }

  private void section(String title, String explanation) {
    sections.open(title, explanation);
  }

  private void pictures(Function<PictureWidth, String> draw) {
    PictureWidth.write(out, draw);
  }
}
