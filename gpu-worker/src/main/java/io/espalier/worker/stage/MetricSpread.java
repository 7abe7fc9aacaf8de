package io.espalier.worker.stage;

import io.espalier.worker.algorithm.evaluate.Bootstrap;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.MeasureSamples;
import io.espalier.worker.algorithm.evaluate.WilsonInterval;
import io.espalier.worker.algorithm.prune.MeasuredModel;
import io.espalier.worker.domain.job.Interval;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.facts.MetricFacts;
import io.espalier.worker.report.facts.Uncertainty;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Uncertainty of the metrics of a stage.
 *
 * @param before the model that went in
 * @param after the model that came out
 * @param seed of what is drawn for that
 */
public record MetricSpread(Measured before, Measured after, long seed) {
  /**
   * What was measured of a model.
   *
   * @param samples what is behind measures, by their names
   * @param latency how fast it is; empty if it was not timed
   */
  public record Measured(Map<String, MeasureSamples> samples, Optional<Latency> latency) {
    static Measured of(MeasuredModel model) {
      return new Measured(model.samples(), model.latency());
    }
  }

  /** Uncertainty of a pruning's metrics. */
  public static MetricSpread of(MeasuredModel before, MeasuredModel after, long seed) {
    return new MetricSpread(Measured.of(before), Measured.of(after), seed);
  }

  /** Uncertainty of measures that nothing was timed of. */
  public static MetricSpread of(Judgement before, Judgement after, long seed) {
    return new MetricSpread(
        new Measured(before.samples(), Optional.empty()),
        new Measured(after.samples(), Optional.empty()),
        seed);
  }

  /** The metrics with how sure they are. */
  public List<MetricFacts> of(List<Metric> metrics) {
    return metrics.stream().map(metric -> new MetricFacts(metric, uncertainty(metric))).toList();
  }

  /** From the tenth to the ninetieth of a hundred passes. */
  public static Interval range(Latency latency) {
    return new Interval(latency.lowMillis(), latency.highMillis());
  }

  private Optional<Uncertainty> uncertainty(Metric metric) {
    if (metric.name().equals(PruningSummary.LATENCY)) {
      return before
          .latency()
          .flatMap(from -> after.latency().map(to -> passes(range(from), range(to))));
    }
    MeasureSamples from = before.samples().get(metric.name());
    MeasureSamples to = after.samples().get(metric.name());
    return from != null && to != null && from.count() == to.count()
        ? drawn(from, to)
        : shares(metric);
  }

  private static Uncertainty passes(Interval from, Interval to) {
    return new Uncertainty(Uncertainty.Kind.PERCENTILES, from, to, Optional.empty());
  }

  private Optional<Uncertainty> drawn(MeasureSamples from, MeasureSamples to) {
    var bootstrap = new Bootstrap(seed);
    var sure =
        new Uncertainty(
            Uncertainty.Kind.BOOTSTRAP,
            bootstrap.of(from),
            bootstrap.of(to),
            Optional.of(bootstrap.change(from, to)));
    return Double.isFinite(sure.before().width()) && Double.isFinite(sure.after().width())
        ? Optional.of(sure)
        : Optional.empty();
  }

  private static Optional<Uncertainty> shares(Metric metric) {
    boolean known =
        metric.unit().equals("fraction")
            && metric.samples().orElse(0) > 0
            && metric.before().isPresent()
            && metric.after().isPresent();
    return known
        ? Optional.of(
            new Uncertainty(
                Uncertainty.Kind.WILSON,
                wilson(metric, metric.before().getAsDouble()),
                wilson(metric, metric.after().getAsDouble()),
                Optional.empty()))
        : Optional.empty();
  }

  private static Interval wilson(Metric metric, double share) {
    return WilsonInterval.interval(share, metric.samples().orElseThrow());
  }
}
