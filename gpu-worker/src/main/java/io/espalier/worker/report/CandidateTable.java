package io.espalier.worker.report;

import io.espalier.worker.algorithm.search.Abbreviation;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.chart.Markup;
import io.espalier.worker.report.chart.ParetoScatter;
import io.espalier.worker.report.chart.Table;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.CandidateFacts;
import java.util.ArrayList;
import java.util.List;

/** The whole models that were compared, one a row, the largest first. */
final class CandidateTable {
  private CandidateTable() {}

  /** Writes it, if models were compared. */
  static void write(PruningReport report, PageSections sections) {
    List<CandidateFacts> candidates = report.choice().candidates();
    if (candidates.isEmpty()) {
      return;
    }
    Markup out = sections.open("Candidates", explanation(candidates, report.setup().objective()));
    ParetoScatter.Content scatter = CandidateScatter.candidates(report);
    if (scatter.dots().size() > 1) {
      ParetoScatter.write(scatter, out);
    }
    List<Quantity> quantities = Quantity.knownIn(candidates.get(0).cost());
    Table table = Table.openWide(out, "Costs as foretold", columns(quantities));
    candidates.forEach(candidate -> row(table, out, candidate, quantities));
    table.close();
    out.close();
  }

  private static void row(
      Table table, Markup out, CandidateFacts candidate, List<Quantity> quantities) {
    out.open("tr");
    table.head(candidate.sizes());
    table.number(layers(candidate.layers()));
    table.number(Figures.of(candidate.score(), "nats"));
    table.cell(candidate.chosen() ? "✓ chosen" : "", candidate.chosen() ? "num better" : "num");
    quantities.forEach(
        quantity -> table.number(Abbreviation.of(quantity, quantity.of(candidate.cost()))));
    out.close();
  }

  private static String explanation(List<CandidateFacts> candidates, String objective) {
    return candidates.size() == 1
        ? "The only model there was to choose, so it was not scored."
        : "Models that were compared: %d. They were scored by %s on the data of the search; less is better."
            .formatted(candidates.size(), objective);
  }

  private static String[] columns(List<Quantity> quantities) {
    var columns = new ArrayList<>(List.of("sizes", "layers that stay", "score", ""));
    quantities.forEach(quantity -> columns.add(quantity.label()));
    return columns.toArray(String[]::new);
  }

  /** Numbers, those that follow each other as ranges: {@code 0–2, 5}. */
  static String layers(List<Integer> numbers) {
    var ranges = new ArrayList<String>();
    int from = 0;
    for (int i = 1; i <= numbers.size(); i++) {
      if (i == numbers.size() || numbers.get(i) != numbers.get(i - 1) + 1) {
        int first = numbers.get(from);
        int last = numbers.get(i - 1);
        ranges.add(first == last ? Integer.toString(first) : first + "–" + last);
        from = i;
      }
    }
    return String.join(", ", ranges);
  }
}
