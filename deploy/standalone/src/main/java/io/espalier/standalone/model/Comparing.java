package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.Reports;
import io.espalier.worker.report.StoredReport;
import io.espalier.worker.report.comparison.Comparison;
import io.espalier.worker.report.comparison.Comparison.Entry;
import io.espalier.worker.report.comparison.Comparison.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** Results that optimize wrote, side by side, as a table and as a page. */
public final class Comparing {
  private static final String WITHIN_NOISE = " ~";
  private static final int MOST_COLUMNS = 4;

  private final Comparison comparison;
  private final List<Path> directories;

  private Comparing(Comparison comparison, List<Path> directories) {
    this.comparison = comparison;
    this.directories = directories;
  }

  /**
   * Compares results.
   *
   * @param directories with the reports of results, also of those that gates refused
   * @param html where the page goes, if one is wanted; replaced if it is there
   * @throws InvalidInputException with every directory that has no report
   */
  public static Result of(List<Path> directories, Optional<Path> html) {
    List<String> problems = new ArrayList<>();
    List<StoredReport> reports = new ArrayList<>();
    for (Path directory : directories) {
      try {
        reports.add(StoredReport.read(directory));
      } catch (InvalidInputException unreadable) {
        problems.addAll(unreadable.problems());
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    List<String> names = names(directories);
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < reports.size(); i++) {
      entries.add(new Entry(names.get(i), reports.get(i), link(directories.get(i), html)));
    }
    var comparing = new Comparing(new Comparison(entries), directories);
    html.ifPresent(comparing::write);
    return Result.of(comparing.json(html), comparing.text(html));
  }

  /** Names of directories, with what is above them where these would not tell them apart. */
  private static List<String> names(List<Path> directories) {
    List<String> last =
        directories.stream()
            .map(directory -> directory.toAbsolutePath().normalize().getFileName())
            .map(String::valueOf)
            .toList();
    boolean isClear = new HashSet<>(last).size() == last.size();
    return isClear ? last : directories.stream().map(Path::toString).toList();
  }

  private static Optional<String> link(Path directory, Optional<Path> html) {
    Path page = directory.toAbsolutePath().normalize().resolve(Reports.HTML);
    return html.filter(any -> Files.isRegularFile(page))
        .map(file -> file.toAbsolutePath().normalize().getParent())
        .map(from -> encoded(from.relativize(page)));
  }

  private static String encoded(Path relative) {
    List<String> parts = new ArrayList<>();
    for (Path part : relative) {
      parts.add(part.toString().equals("..") ? ".." : uriPart(part));
    }
    return String.join("/", parts);
  }

  private static String uriPart(Path part) {
    String uri = Path.of("/").resolve(part).toUri().getRawPath();
    return uri.substring(1).replaceFirst("/$", "");
  }

  private void write(Path html) {
    try {
      Path parent = html.toAbsolutePath().normalize().getParent();
      Files.createDirectories(Optional.ofNullable(parent).orElse(html));
      Files.writeString(html, comparison.page());
    } catch (IOException failed) {
      throw OutputDirectory.refused(html, failed);
    }
  }

  private ObjectNode json(Optional<Path> html) {
    ObjectNode json =
        JsonNodeFactory.instance.objectNode().put("model", comparison.first().report().model());
    ObjectNode original = json.putObject("original");
    for (Metric metric : comparison.metrics()) {
      metric.before().ifPresent(value -> put(original, metric.name(), value));
    }
    var results = json.putArray("results");
    for (int i = 0; i < directories.size(); i++) {
      results.add(result(comparison.results().get(i), directories.get(i)));
    }
    json.put("ofOneModel", comparison.isOfOneModel());
    var differing = json.putArray("differingWidths");
    for (Comparison.Differing axis : comparison.differing()) {
      ObjectNode node =
          differing.addObject().put("axis", axis.axis()).put("original", axis.units());
      var widths = node.putArray("results");
      axis.chosen().forEach(width -> widths.add(width.orElse(0)));
    }
    html.ifPresent(file -> json.put("page", file.toAbsolutePath().normalize().toString()));
    return json;
  }

  private static ObjectNode result(Entry entry, Path directory) {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("name", entry.name())
            .put("directory", directory.toAbsolutePath().normalize().toString());
    ObjectNode budget = json.putObject("budget");
    entry.report().constraints().forEach(bound -> budget.put(bound.quantity(), bound.asked()));
    ObjectNode metrics = json.putObject("metrics");
    for (Metric metric : entry.report().metrics()) {
      ObjectNode node = metrics.putObject(metric.name());
      metric.before().ifPresent(value -> put(node, "before", value));
      metric.after().ifPresent(value -> put(node, "after", value));
      node.put("unit", metric.unit());
      node.put("verdict", word(entry.verdict(metric)));
    }
    return json;
  }

  private static void put(ObjectNode json, String key, double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      json.put(key, (long) value);
    } else if (Double.isFinite(value)) {
      json.put(key, value);
    }
  }

  private static String word(Verdict verdict) {
    return verdict.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private String text(Optional<Path> html) {
    String table = comparison.results().size() <= MOST_COLUMNS ? rowsOfMetrics() : rowsOfResults();
    return table + notes(html);
  }

  /** Values with their changes, a column per result. */
  private String rowsOfMetrics() {
    List<String> headings = new ArrayList<>(List.of("", "original"));
    List<String> budgets = new ArrayList<>(List.of("budget", ""));
    for (Entry each : comparison.results()) {
      headings.add(each.name());
      budgets.add(each.budget());
    }
    var table = new TextTable(headings.toArray(String[]::new));
    table.row(budgets.toArray(String[]::new));
    for (Metric metric : comparison.metrics()) {
      List<String> row = new ArrayList<>(List.of(metric.name(), value(metric.before(), metric)));
      comparison
          .results()
          .forEach(
              each ->
                  row.add(each.metric(metric.name()).map(found -> cell(each, found)).orElse("-")));
      table.row(row.toArray(String[]::new));
    }
    return table.toString();
  }

  /** Changes alone, a row per result, since there are too many for columns. */
  private String rowsOfResults() {
    List<String> headings = new ArrayList<>(List.of(""));
    List<String> original = new ArrayList<>(List.of("original"));
    for (Metric metric : comparison.metrics()) {
      headings.add(metric.name());
      original.add(value(metric.before(), metric));
    }
    var table = new TextTable(headings.toArray(String[]::new));
    table.row(original.toArray(String[]::new));
    for (Entry each : comparison.results()) {
      List<String> row = new ArrayList<>(List.of(each.name()));
      comparison
          .metrics()
          .forEach(
              metric ->
                  row.add(
                      each.metric(metric.name()).map(found -> change(each, found)).orElse("-")));
      table.row(row.toArray(String[]::new));
    }
    return table.toString();
  }

  private String notes(Optional<Path> html) {
    var notes = new StringBuilder();
    if (comparison.isNoisy()) {
      notes.append("\n~ within what chance may do");
    }
    if (!comparison.isOfOneModel()) {
      notes.append(
          "\nwarning: the results are not of one model; each change is against its own original");
    }
    int axes = comparison.first().report().widths().size();
    notes.append("\nwidths differ at %d of %d axes".formatted(comparison.differing().size(), axes));
    html.ifPresent(file -> notes.append("\npage  ").append(file.toAbsolutePath().toUri()));
    return notes.toString();
  }

  private static String cell(Entry entry, Metric metric) {
    String value = value(metric.after(), metric);
    return metric.before().isEmpty() || metric.after().isEmpty()
        ? value
        : "%s (%s)".formatted(value, change(entry, metric));
  }

  private static String change(Entry entry, Metric metric) {
    if (metric.before().isEmpty() || metric.after().isEmpty()) {
      return "-";
    }
    String change =
        Figures.change(metric.before().getAsDouble(), metric.after().getAsDouble(), metric.unit());
    return entry.verdict(metric) == Verdict.WITHIN_NOISE ? change + WITHIN_NOISE : change;
  }

  private static String value(OptionalDouble value, Metric metric) {
    return value.isPresent() ? Figures.of(value.getAsDouble(), metric.unit()) : "-";
  }
}
