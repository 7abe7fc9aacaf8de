package io.espalier.worker.report.comparison;

import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.Change;
import io.espalier.worker.report.HtmlPage;
import io.espalier.worker.report.StoredReport;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.chart.Markup;
import io.espalier.worker.report.chart.PictureWidth;
import io.espalier.worker.report.chart.Table;
import io.espalier.worker.report.comparison.Comparison.Differing;
import io.espalier.worker.report.comparison.Comparison.Entry;
import io.espalier.worker.report.comparison.Comparison.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/** Results side by side as one page, in the style of the reports of single results. */
final class ComparisonHtml {
  private static final String CAPTION = "Cost and quality";
  private static final int MOST_COLUMNS = 4;

  private final Comparison comparison;
  private final List<Metric> metrics;
  private final Markup out;

  private ComparisonHtml(Comparison comparison, Markup out) {
    this.comparison = comparison;
    this.out = out;
    this.metrics = comparison.metrics();
  }

  static String page(Comparison comparison) {
    return HtmlPage.of(
        comparison.first().report().model() + ", compared",
        out -> new ComparisonHtml(comparison, out).write());
  }

  private void write() {
    title(comparison.first().report().model());
    table();
    noise();
    tradeOffs();
    widths();
  }

  private void title(String model) {
    int results = comparison.results().size();
    out.open("header")
        .element("h1", model + ", pruned to " + (results == 1 ? "a size" : results + " sizes"))
        .element(
            "p",
            comparison
                .first()
                .report()
                .parentDigest()
                .map("all beside the model with the root digest "::concat)
                .orElse("all beside the original"),
            "class",
            "sub")
        .close();
    if (!comparison.isOfOneModel()) {
      out.element(
          "p",
          "The results are not of the same model: each change is against the model that its result"
              + " was made of.",
          "class",
          "note");
    }
  }

  private void table() {
    if (comparison.results().size() > MOST_COLUMNS) {
      rowsOfResults();
    } else {
      rowsOfMetrics();
    }
  }

  private void rowsOfMetrics() {
    List<String> columns = new ArrayList<>(List.of("", "original"));
    comparison.results().forEach(each -> columns.add(each.name()));
    Table table = Table.open(out, CAPTION, columns.toArray(String[]::new));
    out.open("tr");
    table.head("budget");
    table.number("");
    comparison.results().forEach(this::budget);
    out.close();
    for (Metric metric : metrics) {
      out.open("tr");
      table.head(Change.label(metric));
      table.number(Figures.of(metric.before(), metric.unit()));
      comparison.results().forEach(each -> cell(table, each, metric.name()));
      out.close();
    }
    table.close();
  }

  private void rowsOfResults() {
    List<String> columns = new ArrayList<>(List.of("result", "budget"));
    metrics.forEach(metric -> columns.add(Change.label(metric)));
    Table table = Table.open(out, CAPTION, columns.toArray(String[]::new));
    out.open("tr");
    table.head("original");
    table.number("");
    metrics.forEach(metric -> table.number(Figures.of(metric.before(), metric.unit())));
    out.close();
    for (Entry each : comparison.results()) {
      out.open("tr");
      table.head(each.name());
      budget(each);
      metrics.forEach(column -> cell(table, each, column.name()));
      out.close();
    }
    table.close();
  }

  /** What was asked for, bound by bound, with a way to the result's own page. */
  private void budget(Entry each) {
    out.open("td", "class", "num");
    each.report()
        .constraints()
        .forEach(bound -> out.element("div", bound.quantity() + " " + bound.asked()));
    each.link().ifPresent(link -> out.element("a", "report", "href", link));
    out.close();
  }

  private void cell(Table table, Entry each, String name) {
    Optional<Metric> found = each.metric(name);
    if (found.isEmpty()) {
      table.number(Figures.UNKNOWN);
      return;
    }
    Metric metric = found.get();
    Verdict verdict = each.verdict(metric);
    String noise = verdict == Verdict.WITHIN_NOISE ? " ~" : "";
    out.open("td", "class", "num " + verdict.style())
        .text(Figures.of(metric.after(), metric.unit()))
        .element("div", Comparison.change(metric).text() + noise, "class", "detail")
        .close();
  }

  private void noise() {
    if (comparison.isNoisy()) {
      out.element("p", "~ within what chance may do", "class", "note");
    }
  }

  /** A picture per way to judge, against what the budgets were about. */
  private void tradeOffs() {
    List<Metric> costs = metrics.stream().filter(this::isCost).toList();
    List<Metric> judged = metrics.stream().filter(m -> m.dataset().isPresent()).toList();
    if (costs.isEmpty() || judged.isEmpty()) {
      return;
    }
    section(
        "What is paid for what",
        "Every result as a dot; through those that no other beats in both runs a line. What is"
            + " better lies higher, what is cheaper to the left.");
    for (Metric quality : judged) {
      pictures(
          picture ->
              TradeOffChart.on(picture, spots(costs.get(0), quality), costs.get(0), quality));
    }
    out.close();
  }

  private boolean isCost(Metric metric) {
    return metric.dataset().isEmpty()
        && metric.before().isPresent()
        && (bounded().isEmpty() || bounded().get().equals(metric.name()));
  }

  /** The first quantity that the first budget is about, if a metric is named like it. */
  private Optional<String> bounded() {
    return comparison.first().report().constraints().stream()
        .map(StoredReport.Asked::quantity)
        .filter(quantity -> metrics.stream().anyMatch(metric -> metric.name().equals(quantity)))
        .findFirst();
  }

  private List<TradeOffChart.Spot> spots(Metric cost, Metric quality) {
    List<TradeOffChart.Spot> spots = new ArrayList<>();
    spot("original", cost.before(), quality.before()).ifPresent(spots::add);
    for (Entry each : comparison.results()) {
      spot(each.name(), after(each, cost), after(each, quality)).ifPresent(spots::add);
    }
    return spots;
  }

  private static OptionalDouble after(Entry each, Metric metric) {
    return each.metric(metric.name()).map(Metric::after).orElse(OptionalDouble.empty());
  }

  private static Optional<TradeOffChart.Spot> spot(
      String name, OptionalDouble cost, OptionalDouble quality) {
    double x = cost.orElse(Double.NaN);
    double y = quality.orElse(Double.NaN);
    return Double.isFinite(x) && Double.isFinite(y)
        ? Optional.of(new TradeOffChart.Spot(name, x, y))
        : Optional.empty();
  }

  private void widths() {
    List<Differing> differing = comparison.differing();
    section(
        "Widths that differ",
        "Axes: %d, of which %d are not the same in all results. Outlined the original."
            .formatted(comparison.first().report().widths().size(), differing.size()));
    if (differing.isEmpty()) {
      out.element("p", "All results have the same widths.", "class", "note");
    } else {
      List<String> names = comparison.results().stream().map(Entry::name).toList();
      pictures(picture -> WidthComparison.on(picture, names, differing));
    }
    out.close();
  }

  private void section(String title, String explanation) {
    out.open("section").element("h2", title).element("p", explanation);
  }

  private void pictures(Function<PictureWidth, String> draw) {
    out.open("div", "class", "picture");
    for (PictureWidth picture : PictureWidth.values()) {
      out.raw(draw.apply(picture));
    }
    out.close();
  }
}
