package io.espalier.worker.report;

import io.espalier.worker.algorithm.search.Abbreviation;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.domain.job.Interval;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.chart.Markup;
import io.espalier.worker.report.chart.Table;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.AxisFacts;
import io.espalier.worker.report.facts.PruningReport.LatencyFacts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The lower part of the page: what is looked up rather than looked at. */
final class Details {
  /** Up to so many axes are shown without a click. */
  private static final int FEW = 12;

  private final PruningReport report;
  private final PageSections sections;
  private final Markup out;

  private Details(PruningReport report, PageSections sections) {
    this.report = report;
    this.sections = sections;
    this.out = sections.out();
  }

  static void write(PruningReport report, PageSections sections) {
    var details = new Details(report, sections);
    details.latencies();
    details.search();
    report.choice().profile().ifPresent(details::profile);
    if (!report.choice().axes().isEmpty()) {
      details.frozen();
    }
    LoaderSection.write(report.result().opening(), sections);
    details.provenance();
  }

  private void latencies() {
    if (report.result().latencies().isEmpty()) {
      return;
    }
    section("Latency");
    Table table =
        Table.open(
            out,
            "Milliseconds for one sample",
            "model",
            "predicted",
            "measured",
            "tenth to ninetieth of a hundred");
    for (LatencyFacts row : report.result().latencies()) {
      table.row(
          row.model(),
          Figures.of(row.predictedMillis(), "milliseconds"),
          measured(row),
          row.range().map(Details::range).orElse(Figures.UNKNOWN));
    }
    table.close();
    out.close();
  }

  private static String measured(LatencyFacts row) {
    return row.range().isPresent() && row.measuredMillis().isPresent()
        ? millis(row.measuredMillis().getAsDouble(), row.range().get())
        : Figures.of(row.measuredMillis(), "milliseconds");
  }

  private static String range(Interval range) {
    return Figures.range(millis(range.low(), range), millis(range.high(), range));
  }

  private static String millis(double value, Interval range) {
    return Figures.of(value, "milliseconds", range.width());
  }

  private void search() {
    report
        .setup()
        .losses()
        .ifPresent(
            losses -> report.choice().search().ifPresent(search -> search(search, losses.verb())));
  }

  private void search(PruningReport.Search search, String verb) {
    section("The choice");
    out.element(
        "p",
        search.provenOptimal()
            ? "No model that is foretold to be within the budget "
                + verb
                + " less; the search has shown it."
            : "The search has not shown that no model within the budget is better; it can be better"
                + " only as far as the bound below says.");
    ReportWarnings.foresight(report)
        .ifPresent(
            warning -> out.open("div", "class", "warnings").element("p", "⚠ " + warning).close());
    out.open("dl");
    fact("it " + verb, Figures.significant(search.loss()));
    fact(
        "every model within the budget " + verb + " at least",
        Figures.significant(search.lowerBound()));
    fact("models looked at", Long.toString(search.steps()));
    out.close().close();
  }

  private void profile(Profile profile) {
    section("Search space");
    out.element(
        "p",
        "Axes with a choice: %d; models to choose from: %s."
            .formatted(profile.axes().size(), Abbreviation.of(profile.spaceSize())));
    Table table =
        Table.open(out, "Profile", "", "narrowest", "centroid", "original", "max/min ratio");
    for (Quantity quantity : Quantity.knownIn(profile.max())) {
      table.row(
          quantity.label(),
          Abbreviation.of(quantity, quantity.of(profile.min())),
          Abbreviation.of(quantity, quantity.of(profile.centroid())),
          Abbreviation.of(quantity, quantity.of(profile.max())),
          Figures.significant(profile.ratio(quantity)));
    }
    table.close();
    verdicts(profile);
    out.element("p", profile.advice(), "class", "note").close();
  }

  private void verdicts(Profile profile) {
    if (profile.constraints().isEmpty()) {
      return;
    }
    Table table =
        Table.open(out, "Reachable bounds", "constraint", "asked", "at most", "satisfiable");
    for (Profile.Verdict verdict : profile.constraints()) {
      table.row(
          verdict.bound().quantity().label(),
          verdict.bound().asked(),
          Abbreviation.of(verdict.bound().quantity(), verdict.bound().limit()),
          verdict.satisfiable() ? "yes" : "no");
    }
    table.close();
  }

  private void frozen() {
    Map<String, List<AxisFacts>> byReason = byReason();
    section("What could not be cut, and why");
    if (byReason.isEmpty()) {
      out.element("p", "Every axis had a choice.");
    }
    byReason.forEach(this::reason);
    out.close();
  }

  private void reason(String reason, List<AxisFacts> axes) {
    if (axes.size() <= FEW) {
      out.open("details", "open", "open");
    } else {
      out.open("details");
    }
    out.open("summary")
        .text(reason)
        .text(" ")
        .element("span", axes.size() == 1 ? "1 axis" : axes.size() + " axes", "class", "count")
        .close();
    out.open("ul", "class", "axes");
    for (AxisFacts axis : axes) {
      out.open("li").element("code", axis.name()).text(" " + axis.units()).close();
    }
    out.close().close();
  }

  private Map<String, List<AxisFacts>> byReason() {
    var byReason = new LinkedHashMap<String, List<AxisFacts>>();
    for (AxisFacts axis : report.choice().axes()) {
      if (axis.frozen().isPresent() || !axis.isConfigurable()) {
        String reason = axis.frozen().orElse("no narrower width was allowed");
        byReason.computeIfAbsent(reason, any -> new ArrayList<>()).add(axis);
      }
    }
    return byReason;
  }

  private void provenance() {
    PruningReport.Setup setup = report.setup();
    section("How this was made");
    out.open("dl");
    fact("model", report.model().name());
    fact("architecture", report.model().architecture() + " of family " + report.model().family());
    fact("parent digest", report.model().parentDigest().orElse(Figures.UNKNOWN));
    fact("algorithm", setup.algorithm() + " " + setup.version());
    fact("device", setup.device());
    fact("seed", Long.toString(setup.seed()));
    fact("objective", setup.objective());
    setup.facts().forEach(fact -> fact(fact.label(), fact.text()));
    out.close().close();
  }

  private void fact(String name, String value) {
    out.element("dt", name).element("dd", value);
  }

  private void section(String title) {
    sections.open(title);
  }
}
