package io.espalier.worker.report;

import io.espalier.worker.domain.job.Interval;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.facts.MetricFacts;
import io.espalier.worker.report.facts.Uncertainty;

/**
 * Change of a metric, in the way that says most: points for fractions, differences for losses,
 * percent for everything else. A change that chance could have made is neither better nor worse.
 *
 * @param text such as {@code −41.0 %}
 * @param verdict style: {@code better}, {@code worse}, {@code same}, {@code noise}, {@code unknown}
 * @param note how far it could be off, or that it is within noise; empty if it is exact
 */
public record Change(String text, String verdict, String note) {
  private static final String WITHIN_NOISE = "within noise";
  private static final Change UNKNOWN = new Change(Figures.UNKNOWN, "unknown", "");

  public static Change of(MetricFacts facts) {
    Metric metric = facts.metric();
    double before = metric.before().orElse(Double.NaN);
    double after = metric.after().orElse(Double.NaN);
    if (!Double.isFinite(before) || !Double.isFinite(after)) {
      return UNKNOWN;
    }
    double spread =
        facts.uncertainty().flatMap(Uncertainty::change).map(Interval::width).orElse(0.0);
    String text = Figures.change(text(metric.unit(), before, after, spread));
    if (after == before) {
      return new Change(text, "same", "");
    }
    if (facts.isWithinNoise()) {
      return new Change(text, "noise", WITHIN_NOISE);
    }
    return new Change(
        text, verdict(metric), facts.uncertainty().map(sure -> range(metric, sure)).orElse(""));
  }

  boolean isKnown() {
    return !equals(UNKNOWN);
  }

  /** Returns what people call a metric. */
  public static String label(Metric metric) {
    return switch (metric.name()) {
      case "flops" -> "FLOPs";
      case "flopsPerToken" -> "FLOPs per token";
      case "bytes" -> "file size";
      case "latencyMillis" -> "latency";
      default -> metric.name();
    };
  }

  private static String range(Metric metric, Uncertainty sure) {
    double before = metric.before().orElseThrow();
    return sure.change()
        .map(
            change ->
                Figures.range(
                    Figures.change(
                        text(metric.unit(), before, before + change.low(), change.width())),
                    Figures.change(
                        text(metric.unit(), before, before + change.high(), change.width()))))
        .orElse("");
  }

  private static String text(String unit, double before, double after, double spread) {
    boolean relative = !isDifference(unit) && before != 0;
    return relative
        ? Figures.percent((after - before) / Math.abs(before), 1)
        : difference(unit, after - before, spread);
  }

  private static boolean isDifference(String unit) {
    return unit.equals("fraction") || unit.equals("nats") || unit.equals("correlation");
  }

  private static String difference(String unit, double difference, double spread) {
    return unit.equals("fraction")
        ? Figures.of(difference, unit, spread).replace(" %", " pp")
        : Figures.of(difference, unit.equals("milliseconds") ? unit : "", spread).strip();
  }

  private static String verdict(Metric metric) {
    double gain = metric.after().orElseThrow() - metric.before().orElseThrow();
    return gain > 0 == metric.higherIsBetter() ? "better" : "worse";
  }
}
