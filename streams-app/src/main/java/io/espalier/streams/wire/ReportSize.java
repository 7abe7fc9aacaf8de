package io.espalier.streams.wire;

import io.espalier.event.BudgetForecast;
import io.espalier.event.CandidateFact;
import io.espalier.event.ChangeFacts;
import io.espalier.event.Metric;
import io.espalier.event.StageReport;
import java.util.Set;

/**
 * The size of what a worker tells of a stage, roughly. It stands in everything that is told of the
 * run afterwards, several times, and all of that must fit into records.
 */
final class ReportSize {
  /** Larger reports end their attempt: a report is for reading. */
  static final int MOST = 256 << 10;

  /** A longer list of files is left out: they lie in the store. */
  static final int MOST_FILES = 1 << 20;

  private static final int NUMBERS = 40;

  private ReportSize() {}

  static long of(StageReport report) {
    long size = report.getAlgorithm().length();
    size += report.getAlgorithmVersion().length();
    size += report.getLoadsIn().stream().mapToLong(String::length).sum();
    size +=
        report.getChange().entrySet().stream()
            .mapToLong(change -> (long) change.getKey().length() + change.getValue().length())
            .sum();
    if (report.getForecast() != null) {
      size += of(report.getForecast());
    }
    size += of(report.getFacts());
    return size + report.getMetrics().stream().mapToLong(ReportSize::of).sum();
  }

  private static long of(BudgetForecast forecast) {
    return forecast.getMetrics().stream().mapToLong(ReportSize::of).sum()
        + forecast.getConstraints().entrySet().stream()
            .mapToLong(bound -> (long) bound.getKey().length() + bound.getValue().length())
            .sum();
  }

  private static long of(ChangeFacts facts) {
    long widths =
        facts.getWidths().stream()
            .mapToLong(
                width ->
                    (long) NUMBERS
                        + width.getAxis().length()
                        + width.getKind().length()
                        + width.getModule().length())
            .sum();
    long constraints =
        facts.getConstraints().stream()
            .mapToLong(
                bound -> (long) NUMBERS + bound.getQuantity().length() + bound.getAsked().length())
            .sum();
    return widths + constraints + facts.getCandidates().stream().mapToLong(ReportSize::of).sum();
  }

  private static long of(CandidateFact candidate) {
    long score = candidate.getScore() == null ? 0 : candidate.getScore().getMetric().length();
    return (long) NUMBERS * (1 + candidate.getLayers().size())
        + score
        + names(candidate.getSizes().keySet())
        + names(candidate.getCost().keySet());
  }

  private static long names(Set<String> numbered) {
    return numbered.stream().mapToLong(name -> (long) NUMBERS + name.length()).sum();
  }

  private static long of(Metric metric) {
    long dataset = metric.getDataset() == null ? 0 : metric.getDataset().length();
    return dataset + NUMBERS + metric.getName().length() + metric.getUnit().length();
  }

  static long of(io.espalier.event.Artifact artifact) {
    return artifact.getFiles().stream()
        .mapToLong(file -> (long) NUMBERS + file.getPath().length() + file.getSha256().length())
        .sum();
  }
}
