package io.espalier.streams.wire;

import io.espalier.event.BudgetForecast;
import io.espalier.event.Metric;
import io.espalier.event.StageReport;

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
    return size + report.getMetrics().stream().mapToLong(ReportSize::of).sum();
  }

  private static long of(BudgetForecast forecast) {
    return forecast.getMetrics().stream().mapToLong(ReportSize::of).sum()
        + forecast.getConstraints().entrySet().stream()
            .mapToLong(bound -> (long) bound.getKey().length() + bound.getValue().length())
            .sum();
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
