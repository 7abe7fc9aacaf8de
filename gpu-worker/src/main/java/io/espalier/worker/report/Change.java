package io.espalier.worker.report;

import io.espalier.worker.domain.job.Metric;

/**
 * How a metric changed, in the way that says most: points for fractions, differences for losses,
 * percent for everything else.
 *
 * @param text such as {@code −41.0 %}
 * @param verdict style: {@code better}, {@code worse}, {@code same}, {@code unknown}
 */
record Change(String text, String verdict) {
  private static final Change UNKNOWN = new Change(Figures.UNKNOWN, "unknown");

  static Change of(Metric metric) {
    double before = metric.before().orElse(Double.NaN);
    double after = metric.after().orElse(Double.NaN);
    if (!Double.isFinite(before) || !Double.isFinite(after)) {
      return UNKNOWN;
    }
    return new Change(Figures.change(text(metric.unit(), before, after)), verdict(metric));
  }

  boolean isKnown() {
    return !equals(UNKNOWN);
  }

  /** What people call a metric. */
  static String label(Metric metric) {
    return switch (metric.name()) {
      case "flops" -> "FLOPs";
      case "flopsPerToken" -> "FLOPs per token";
      case "bytes" -> "file size";
      case "latencyMillis" -> "latency";
      default -> metric.name();
    };
  }

  private static String text(String unit, double before, double after) {
    double difference = after - before;
    if (unit.equals("fraction")) {
      return Figures.percent(difference, 2).replace(" %", " pp");
    }
    if (unit.equals("nats") || unit.equals("correlation") || before == 0) {
      return Figures.significant(difference);
    }
    return Figures.percent(difference / Math.abs(before), 1);
  }

  private static String verdict(Metric metric) {
    double gain = metric.after().orElseThrow() - metric.before().orElseThrow();
    if (gain == 0) {
      return "same";
    }
    return gain > 0 == metric.higherIsBetter() ? "better" : "worse";
  }
}
