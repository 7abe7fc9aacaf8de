package io.espalier.worker.report.index;

import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.Change;
import io.espalier.worker.report.HtmlPage;
import io.espalier.worker.report.Reports;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.chart.Markup;
import io.espalier.worker.report.chart.Table;
import io.espalier.worker.report.facts.MetricFacts;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The page that lists results, a row for each. */
final class IndexHtml {
  private static final String[] COLUMNS = {
    "model", "policy", "made (UTC)", "by", "parameters", "file size", "FLOPs", "quality"
  };
  private static final List<String> COSTS = List.of("parameters", "bytes", "flops");
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

  private IndexHtml() {}

  /** The page, whose links are relative to the directory that it lies in. */
  static String page(ReportIndex index, Path directory) {
    return HtmlPage.of("Reports", out -> write(index, directory, out));
  }

  private static void write(ReportIndex index, Path directory, Markup out) {
    List<ReportEntry> entries = index.entries();
    out.open("header")
        .element("h1", "Reports")
        .element(
            "p",
            "%s: %s, the newest first"
                .formatted(
                    index.root(), entries.size() == 1 ? "1 result" : entries.size() + " results"),
            "class",
            "sub")
        .close();
    if (entries.isEmpty()) {
      out.element("p", "Nothing with a report lies there.");
    } else {
      Table table = Table.openWide(out, "Results", COLUMNS);
      entries.forEach(entry -> row(entry, directory, table, out));
      table.close();
    }
    for (Path file : index.unreadable()) {
      out.element("p", "Could not be read: " + file, "class", "note");
    }
  }

  private static void row(ReportEntry entry, Path directory, Table table, Markup out) {
    out.open("tr");
    table.headLink(entry.model(), link(directory, entry.directory().resolve(Reports.HTML)));
    table.number(entry.policy().orElse(Figures.UNKNOWN));
    table.number(DATE.format(entry.made()));
    table.number(entry.algorithm());
    COSTS.forEach(cost -> metric(entry.metric(cost), "", table));
    metric(entry.quality(), entry.quality().map(Change::label).orElse(""), table);
    out.close();
  }

  /** What came out, and below it what went in and the change; of quality with its name. */
  private static void metric(Optional<Metric> metric, String label, Table table) {
    if (metric.isEmpty()) {
      table.number(Figures.UNKNOWN);
      return;
    }
    Metric of = metric.get();
    Change change = Change.of(MetricFacts.of(of));
    table.cell(
        Figures.of(of.after(), of.unit()),
        "num",
        "%swas %s, %s"
            .formatted(
                label.isEmpty() ? "" : label + ", ",
                Figures.of(of.before(), of.unit()),
                change.text()));
  }

  /** A relative link, with every name as a URI has it. */
  private static String link(Path from, Path to) {
    var link = new StringBuilder();
    for (Path name : from.toAbsolutePath().normalize().relativize(to.toAbsolutePath())) {
      link.append(link.isEmpty() ? "" : "/").append(encoded(name.toString()));
    }
    return link.toString();
  }

  private static String encoded(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
