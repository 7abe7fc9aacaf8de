package io.espalier.worker.report.facts;

import io.espalier.worker.domain.job.Metric;
import java.util.Optional;

/**
 * A metric, and how sure it is.
 *
 * @param metric before and after
 * @param uncertainty empty if the metric is exact, or nothing is known of it
 */
public record MetricFacts(Metric metric, Optional<Uncertainty> uncertainty) {
  /** A metric of which nothing more is known. */
  public static MetricFacts of(Metric metric) {
    return new MetricFacts(metric, Optional.empty());
  }

  /** Returns whether the metric changed by no more than chance may. */
  public boolean isWithinNoise() {
    return uncertainty.map(Uncertainty::isWithinNoise).orElse(false);
  }
}
