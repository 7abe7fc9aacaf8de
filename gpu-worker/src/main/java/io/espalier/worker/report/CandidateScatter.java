package io.espalier.worker.report;

import io.espalier.worker.algorithm.search.Abbreviation;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.chart.ParetoScatter.Content;
import io.espalier.worker.report.chart.ParetoScatter.Dot;
import io.espalier.worker.report.chart.ParetoScatter.Mark;
import io.espalier.worker.report.chart.ParetoScatter.Wording;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.AxisFacts;
import io.espalier.worker.report.facts.PruningReport.CandidateFacts;
import java.util.ArrayList;
import java.util.List;

/** The models that a search scored, what they cost against how they scored. */
public final class CandidateScatter {
  private final PruningReport report;
  private final Quantity quantity;

  private CandidateScatter(PruningReport report) {
    this.report = report;
    this.quantity =
        report.result().constraints().stream()
            .map(constraint -> constraint.bound().quantity())
            .findFirst()
            .orElse(Quantity.FLOPS);
  }

  /** Whole models that were compared. */
  public static Content candidates(PruningReport report) {
    return new CandidateScatter(report).compared();
  }

  /** Models of which a single axis was cut; no dots if it is not known what they cost. */
  public static Content cuts(PruningReport report) {
    return new CandidateScatter(report).single();
  }

  private Content compared() {
    List<Dot> dots =
        report.choice().candidates().stream()
            .filter(candidate -> candidate.score().isPresent())
            .map(this::dot)
            .toList();
    return content(report.setup().objective() + ", less is better", dots);
  }

  private Dot dot(CandidateFacts candidate) {
    double score = candidate.score().orElseThrow();
    return new Dot(
        "%s: %s, %s"
            .formatted(candidate.sizes(), costs(candidate.cost()), Figures.significant(score)),
        "",
        (double) quantity.of(candidate.cost()),
        score,
        candidate.chosen() ? Mark.CHOSEN : Mark.PLAIN);
  }

  private Content single() {
    var dots = new ArrayList<Dot>();
    for (AxisFacts axis : report.choice().configurable()) {
      boolean known = !axis.costs().isEmpty() && !axis.losses().isEmpty();
      for (int choice = 0; known && choice < axis.choices().size() - 1; choice++) {
        dots.add(dot(axis, choice));
      }
    }
    return content("loss of score, less is better", dots);
  }

  private Dot dot(AxisFacts axis, int choice) {
    int width = axis.choices().get(choice);
    Cost cost = axis.costs().get(choice);
    return new Dot(
        "%s cut to %d of %d: %s, loses %s"
            .formatted(
                axis.name(),
                width,
                axis.units(),
                costs(cost),
                Figures.significant(axis.loss(choice))),
        "",
        (double) quantity.of(cost),
        axis.loss(choice),
        width == axis.chosen() ? Mark.CHOSEN : Mark.PLAIN);
  }

  private String costs(Cost cost) {
    return Abbreviation.of(quantity, quantity.of(cost)) + " " + quantity.label();
  }

  private Content content(String score, List<Dot> dots) {
    return new Content(
        new Wording(quantity.label(), value -> Abbreviation.of(quantity, Math.round(value))),
        new Wording(score, Figures::significant),
        true,
        dots);
  }
}
