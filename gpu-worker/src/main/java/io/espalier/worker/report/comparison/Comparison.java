package io.espalier.worker.report.comparison;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.Change;
import io.espalier.worker.report.StoredReport;
import io.espalier.worker.report.StoredReport.Width;
import io.espalier.worker.report.facts.MetricFacts;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Results of pruning one model, side by side.
 *
 * @param results at least one; the first says what the original is
 */
public record Comparison(List<Entry> results) {
  /** Standard errors from which two fractions of samples count as different: 95 %. */
  private static final double STANDARD_ERRORS = 1.96;

  /**
   * One result.
   *
   * @param name what it is called here
   * @param report what is known of it
   * @param link where its own page is, from the page of the comparison; if it has one
   */
  public record Entry(String name, StoredReport report, Optional<String> link) {
    /** A metric of it. */
    public Optional<Metric> metric(String metric) {
      return report.metrics().stream().filter(each -> each.name().equals(metric)).findFirst();
    }

    /**
     * Returns whether a metric changed.
     *
     * <p>Where the report says whether a change is within noise, that counts. Where it does not,
     * the noise of a fraction of n samples is that of two independent shares of n; both were in
     * fact taken on the same samples, so that what is called different is. Other noise is unknown.
     */
    public Verdict verdict(Metric metric) {
      return switch (change(metric).verdict()) {
        case "better" -> isWithinNoise(metric) ? Verdict.WITHIN_NOISE : Verdict.BETTER;
        case "worse" -> isWithinNoise(metric) ? Verdict.WITHIN_NOISE : Verdict.WORSE;
        case "unknown" -> Verdict.UNKNOWN;
        default -> Verdict.SAME;
      };
    }

    private boolean isWithinNoise(Metric metric) {
      Boolean told = report.withinNoise().get(metric.name());
      if (told != null) {
        return told;
      }
      if (!metric.unit().equals("fraction") || metric.samples().isEmpty()) {
        return false;
      }
      double before = metric.before().orElseThrow();
      double after = metric.after().orElseThrow();
      double variance =
          (before * (1 - before) + after * (1 - after)) / metric.samples().getAsLong();
      return Math.abs(after - before) <= STANDARD_ERRORS * Math.sqrt(Math.max(0, variance));
    }

    /** Returns what it was asked for, such as {@code flops 60%, parameters 80%}. */
    public String budget() {
      return String.join(
          ", ",
          report.constraints().stream()
              .map(bound -> bound.quantity() + " " + bound.asked())
              .toList());
    }
  }

  /** Comparison with the original. */
  public enum Verdict {
    /** For the better. */
    BETTER,
    /** For the worse. */
    WORSE,
    /** Not at all. */
    SAME,
    /** By less than so many samples tell apart. */
    WITHIN_NOISE,
    /** Something was not measured. */
    UNKNOWN;

    /** The style of a number. */
    String style() {
      return switch (this) {
        case BETTER -> "better";
        case WORSE -> "worse";
        case SAME, WITHIN_NOISE -> "same";
        case UNKNOWN -> "unknown";
      };
    }
  }

  /**
   * An axis that not all results have alike.
   *
   * @param axis its name
   * @param units its width in the original
   * @param chosen its widths in the results, in their order; empty where one does not have it
   */
  public record Differing(String axis, int units, List<Optional<Integer>> chosen) {
    /** An axis; the list is copied. */
    public Differing {
      chosen = List.copyOf(chosen);
    }
  }

  /** A comparison; the list is copied. */
  public Comparison {
    results = List.copyOf(results);
    if (results.isEmpty()) {
      throw new InvalidInputException("nothing to compare; name directories that optimize wrote");
    }
  }

  /** The result that says what the original is. */
  public Entry first() {
    return results.get(0);
  }

  /** Returns whether all results are of the same model, as far as is known. */
  public boolean isOfOneModel() {
    Set<Optional<String>> digests = new HashSet<>();
    results.forEach(each -> digests.add(each.report().parentDigest()));
    return digests.size() == 1;
  }

  /** Every metric that a result has, in the order of the first that has it. */
  public List<Metric> metrics() {
    Map<String, Metric> metrics = new LinkedHashMap<>();
    for (Entry each : results) {
      each.report().metrics().forEach(metric -> metrics.putIfAbsent(metric.name(), metric));
    }
    return List.copyOf(metrics.values());
  }

  /** Returns whether a change of a result is within noise. */
  public boolean isNoisy() {
    return results.stream()
        .anyMatch(
            each ->
                each.report().metrics().stream()
                    .anyMatch(metric -> each.verdict(metric) == Verdict.WITHIN_NOISE));
  }

  static Change change(Metric metric) {
    return Change.of(MetricFacts.of(metric));
  }

  /** The axes that have not the same width in all results. */
  public List<Differing> differing() {
    Map<String, Integer> units = new LinkedHashMap<>();
    List<Map<String, Integer>> chosen = new ArrayList<>();
    for (Entry each : results) {
      Map<String, Integer> own = new LinkedHashMap<>();
      for (Width width : each.report().widths()) {
        units.putIfAbsent(width.axis(), width.units());
        own.put(width.axis(), width.chosen());
      }
      chosen.add(own);
    }
    return units.entrySet().stream()
        .map(axis -> differing(axis.getKey(), axis.getValue(), chosen))
        .filter(axis -> new HashSet<>(axis.chosen()).size() > 1)
        .toList();
  }

  private static Differing differing(String axis, int units, List<Map<String, Integer>> chosen) {
    return new Differing(
        axis, units, chosen.stream().map(own -> Optional.ofNullable(own.get(axis))).toList());
  }

  /** The page: one HTML file that loads nothing. */
  public String page() {
    return ComparisonHtml.page(this);
  }
}
