package io.espalier.worker.report;

import io.espalier.worker.algorithm.search.Abbreviation;
import io.espalier.worker.domain.job.Interval;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.chart.Markup;
import io.espalier.worker.report.chart.PairBars;
import io.espalier.worker.report.chart.Table;
import io.espalier.worker.report.facts.MetricFacts;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.Constraint;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** Outcome of a model, in large figures, and what must not be overlooked. */
final class Headline {
  private static final String[] BEFORE_AFTER = {"", "before", "after", PairBars.COLUMN, "change"};
  private static final String[] BUDGET = {"budget", "asked", "at most", "reached", "used", ""};

  private final PruningReport report;
  private final Markup out;

  private Headline(PruningReport report, Markup out) {
    this.report = report;
    this.out = out;
  }

  static void write(PruningReport report, Markup out) {
    var headline = new Headline(report, out);
    headline.warnings();
    headline.tiles();
    headline.metrics();
    headline.constraints();
  }

  private void warnings() {
    List<String> warnings = ReportWarnings.of(report);
    if (warnings.isEmpty()) {
      return;
    }
    out.open("div", "class", "warnings", "role", "note");
    warnings.forEach(warning -> out.element("p", "⚠ " + warning));
    out.close();
  }

  private void tiles() {
    out.open("div", "class", "tiles");
    for (MetricFacts facts : report.result().metrics()) {
      Change change = Change.of(facts);
      if (change.isKnown()) {
        tile(facts, change);
      }
    }
    out.close();
  }

  private void tile(MetricFacts facts, Change change) {
    Metric metric = facts.metric();
    out.open("div", "class", "tile " + change.verdict())
        .element("div", change.text(), "class", "big")
        .element("div", Change.label(metric), "class", "what")
        .element("div", before(facts) + " → " + after(facts), "class", "detail");
    if (!change.note().isEmpty()) {
      out.element("div", change.note(), "class", "detail");
    }
    out.close();
  }

  private static String before(MetricFacts facts) {
    return text(facts, facts.metric().before());
  }

  private static String after(MetricFacts facts) {
    return text(facts, facts.metric().after());
  }

  /** A value with the digits that mean something: the same ones before and after. */
  private static String text(MetricFacts facts, OptionalDouble value) {
    return value.isPresent()
        ? Figures.of(value.getAsDouble(), facts.metric().unit(), spread(facts))
        : Figures.UNKNOWN;
  }

  private static double spread(MetricFacts facts) {
    return facts
        .uncertainty()
        .map(sure -> Math.max(sure.before().width(), sure.after().width()))
        .orElse(0.0);
  }

  private void metrics() {
    if (report.result().metrics().isEmpty()) {
      return;
    }
    Table table = Table.open(out, "Before and after", BEFORE_AFTER);
    report.result().metrics().forEach(facts -> row(table, facts));
    table.close();
    String kinds =
        report.result().metrics().stream()
            .flatMap(facts -> facts.uncertainty().stream())
            .map(sure -> sure.kind().words())
            .distinct()
            .collect(Collectors.joining("; "));
    if (!kinds.isEmpty()) {
      out.element("p", "Small figures: " + kinds + ".", "class", "note");
    }
  }

  private void row(Table table, MetricFacts facts) {
    Metric metric = facts.metric();
    Change change = Change.of(facts);
    String of =
        metric.samples().isPresent() ? " (n\u00a0=\u00a0" + metric.samples().getAsLong() + ")" : "";
    out.open("tr");
    table.head(Change.label(metric) + of);
    table.number(before(facts), range(facts, true));
    table.number(after(facts), range(facts, false));
    table.picture(
        PairBars.of(metric.before().orElse(Double.NaN), metric.after().orElse(Double.NaN)));
    table.cell(change.text(), "num " + change.verdict(), change.note());
    out.close();
  }

  private static String range(MetricFacts facts, boolean before) {
    return facts
        .uncertainty()
        .map(sure -> before ? sure.before() : sure.after())
        .filter(interval -> interval.width() > 0)
        .map(interval -> range(interval, facts))
        .orElse("");
  }

  private static String range(Interval interval, MetricFacts facts) {
    String unit = facts.metric().unit();
    double spread = spread(facts);
    return Figures.bare(Figures.of(interval.low(), unit, spread))
        + " to "
        + Figures.bare(Figures.of(interval.high(), unit, spread));
  }

  private void constraints() {
    if (report.result().constraints().isEmpty()) {
      return;
    }
    Table table = Table.openWide(out, "Budget", BUDGET);
    for (Constraint constraint : report.result().constraints()) {
      var bound = constraint.bound();
      out.open("tr");
      table.head(bound.quantity().label());
      table.number(bound.asked());
      table.number(Abbreviation.of(bound.quantity(), bound.limit()));
      table.number(Abbreviation.of(bound.quantity(), constraint.reached()));
      table.number(Figures.percent((double) constraint.reached() / bound.limit(), 1));
      boolean holds = constraint.holds();
      table.cell(holds ? "✓ within" : "✗ over budget", holds ? "better" : "worse");
      out.close();
    }
    table.close();
  }
}
