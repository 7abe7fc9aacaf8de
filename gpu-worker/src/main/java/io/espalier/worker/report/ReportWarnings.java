package io.espalier.worker.report;

import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.facts.MetricFacts;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.Fact;
import io.espalier.worker.report.facts.PruningReport.Measurement;
import io.espalier.worker.report.facts.PruningReport.Search;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Warnings for readers of a report, in sentences. */
final class ReportWarnings {
  /** The key of the fact that counts the samples of the search. */
  static final String SCORED_ON = "scoreImages";

  /** Fewer samples than these do not tell one cut from another. */
  private static final long FEW = 64;

  /** So many times what was foretold is not what was foretold. */
  private static final double FAR = 3;

  /** Less than this is foretold to be nothing. */
  private static final double NOTHING = 1e-3;

  /** Parts of 1 and of the original's loss by which a measure is much worse. */
  private static final double MUCH = 0.02;

  private final PruningReport report;
  private final List<String> warnings = new ArrayList<>();

  private ReportWarnings(PruningReport report) {
    this.report = report;
  }

  /** Of a report; nothing if there is nothing to overlook. */
  static List<String> of(PruningReport report) {
    var warnings = new ReportWarnings(report);
    warnings.opening();
    foresight(report).ifPresent(warnings.warnings::add);
    warnings.samples();
    return warnings.warnings;
  }

  /** Returns where the search foretold much less than what was measured. */
  static Optional<String> foresight(PruningReport report) {
    return report.setup().losses().isPresent()
        ? report.choice().search().flatMap(new ReportWarnings(report)::parts)
        : Optional.empty();
  }

  private void opening() {
    if (report.result().opening().isOnlyHere()) {
      warnings.add(
          "No stock loader opens the result, only Espalier does"
              + report.result().opening().note().map(note -> ": " + note).orElse("")
              + ".");
    }
  }

  private Optional<String> parts(Search search) {
    return report.choice().curve().measured().stream()
        .filter(measured -> measured.lostScore() > 0)
        .filter(measured -> measured.lostScore() > FAR * Math.max(0, search.loss()))
        .filter(measured -> !isNoise())
        .findFirst()
        .map(measured -> partsInScore(search, measured))
        .or(() -> nothing(search));
  }

  /** Returns whether nothing that says how good the model is got worse by more than chance. */
  private boolean isNoise() {
    return report.result().metrics().stream().noneMatch(ReportWarnings::isMuchWorse);
  }

  private static String partsInScore(Search search, Measurement measured) {
    return "Foresight and measurement part: the search foretold that the result loses %s, but %s was measured. Do not rely on the predicted curve."
        .formatted(Figures.significant(search.loss()), Figures.significant(measured.lostScore()));
  }

  /**
   * Returns where losses were measured in other units, one can still tell nothing from something.
   */
  private Optional<String> nothing(Search search) {
    if (search.loss() > NOTHING) {
      return Optional.empty();
    }
    return report.result().metrics().stream()
        .filter(ReportWarnings::isMuchWorse)
        .map(MetricFacts::metric)
        .max(Comparator.comparing(this::isScore))
        .map(metric -> partsInMetric(search, metric));
  }

  private static String partsInMetric(Search search, Metric metric) {
    return "Foresight and measurement part: the search foretold that the result loses %s, but %s changed from %s to %s. Do not rely on what was foretold."
        .formatted(
            Figures.significant(search.loss()),
            metric.name(),
            Figures.of(metric.before(), metric.unit()),
            Figures.of(metric.after(), metric.unit()));
  }

  /** Returns whether a metric is what the search scored by. */
  private boolean isScore(Metric metric) {
    return report.setup().facts().stream()
        .anyMatch(fact -> fact.key().equals("score") && fact.text().equals(metric.name()));
  }

  private static boolean isMuchWorse(MetricFacts facts) {
    Metric metric = facts.metric();
    double before = metric.before().orElse(Double.NaN);
    double after = metric.after().orElse(Double.NaN);
    double worse = metric.higherIsBetter() ? before - after : after - before;
    boolean judged = metric.unit().equals("fraction") || metric.unit().equals("nats");
    double scale = metric.unit().equals("fraction") ? 1 : Math.abs(before);
    return judged && worse > MUCH * scale && !facts.isWithinNoise();
  }

  private void samples() {
    OptionalLong scored =
        report.setup().facts().stream()
            .filter(fact -> fact.key().equals(SCORED_ON))
            .map(Fact::count)
            .flatMapToLong(OptionalLong::stream)
            .findFirst();
    if (scored.isPresent() && scored.getAsLong() < FEW) {
      warnings.add(
          "The search scored cuts on %d images only, which cannot tell small losses from none; give scoreImages: 512 or more."
              .formatted(scored.getAsLong()));
    }
  }
}
