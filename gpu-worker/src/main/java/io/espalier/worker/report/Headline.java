package io.espalier.worker.report;

import io.espalier.worker.algorithm.search.Abbreviation;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.PruningReport.Constraint;

/** The top of the page: what was done to which model, and what became of it in large figures. */
final class Headline {
  private static final String[] BEFORE_AFTER = {
    "", "before", "after", "before and after", "change"
  };
  private static final String[] BUDGET = {"budget", "asked", "at most", "reached", "used", ""};

  private final PruningReport report;
  private final Markup out;

  private Headline(PruningReport report, Markup out) {
    this.report = report;
    this.out = out;
  }

  static void write(PruningReport report, Markup out) {
    var headline = new Headline(report, out);
    headline.title();
    headline.tiles();
    headline.metrics();
    headline.constraints();
  }

  private void title() {
    PruningReport.Model model = report.model();
    PruningReport.Setup setup = report.setup();
    out.open("header")
        .element("h1", model.name() + ", pruned")
        .element(
            "p",
            "%s · family %s · %s %s · %s"
                .formatted(
                    model.architecture(),
                    model.family(),
                    setup.algorithm(),
                    setup.version(),
                    setup.device()),
            "class",
            "sub")
        .close();
  }

  private void tiles() {
    out.open("div", "class", "tiles");
    for (Metric metric : report.metrics()) {
      Change change = Change.of(metric);
      if (!change.isKnown()) {
        continue;
      }
      out.open("div", "class", "tile " + change.verdict())
          .element("div", change.text(), "class", "big")
          .element("div", Change.label(metric), "class", "what")
          .element(
              "div",
              Figures.of(metric.before(), metric.unit())
                  + " → "
                  + Figures.of(metric.after(), metric.unit()),
              "class",
              "detail")
          .close();
    }
    out.close();
  }

  private void metrics() {
    if (report.metrics().isEmpty()) {
      return;
    }
    Table table = Table.open(out, "Before and after", BEFORE_AFTER);
    for (Metric metric : report.metrics()) {
      Change change = Change.of(metric);
      String of =
          metric.samples().isPresent()
              ? " (n\u00a0=\u00a0" + metric.samples().getAsLong() + ")"
              : "";
      out.open("tr");
      table.head(Change.label(metric) + of);
      table.number(Figures.of(metric.before(), metric.unit()));
      table.number(Figures.of(metric.after(), metric.unit()));
      table.picture(
          PairBars.of(metric.before().orElse(Double.NaN), metric.after().orElse(Double.NaN)));
      out.element("td", change.text(), "class", "num " + change.verdict());
      out.close();
    }
    table.close();
  }

  private void constraints() {
    if (report.constraints().isEmpty()) {
      return;
    }
    Table table = Table.open(out, "Budget", BUDGET);
    for (Constraint constraint : report.constraints()) {
      var bound = constraint.bound();
      out.open("tr");
      table.head(bound.quantity().label());
      table.number(bound.asked());
      table.number(Abbreviation.of(bound.quantity(), bound.limit()));
      table.number(Abbreviation.of(bound.quantity(), constraint.reached()));
      table.number(Figures.percent((double) constraint.reached() / bound.limit(), 1));
      boolean holds = constraint.holds();
      out.element("td", holds ? "✓ within" : "✗ over budget", "class", holds ? "better" : "worse");
      out.close();
    }
    table.close();
  }
}
