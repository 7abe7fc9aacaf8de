package io.espalier.streams.wire;

import io.espalier.event.ForecastBasis;
import io.espalier.event.Metric;
import io.espalier.gate.BudgetForecast;
import io.espalier.gate.BudgetForecast.Basis;
import io.espalier.gate.GatedMetric;

/** Budgets that are foretold to pass gates. */
final class ForecastMapping {
  private ForecastMapping() {}

  static BudgetForecast fromAvro(io.espalier.event.BudgetForecast forecast) {
    return new BudgetForecast(
        forecast.getConstraints(),
        forecast.getMetrics().stream().map(ForecastMapping::fromAvro).toList(),
        switch (forecast.getBasis()) {
          case CURVE -> Basis.CURVE;
          case LINE -> Basis.LINE;
        });
  }

  static io.espalier.event.BudgetForecast toAvro(BudgetForecast forecast) {
    return new io.espalier.event.BudgetForecast(
        forecast.constraints(),
        forecast.metrics().stream().map(ForecastMapping::toAvro).toList(),
        switch (forecast.basis()) {
          case CURVE -> ForecastBasis.CURVE;
          case LINE -> ForecastBasis.LINE;
        });
  }

  private static GatedMetric fromAvro(Metric metric) {
    return new GatedMetric(
        metric.getName(),
        metric.getUnit(),
        ModelMapping.optional(metric.getBefore()),
        ModelMapping.optional(metric.getAfter()),
        metric.getHigherIsBetter());
  }

  private static Metric toAvro(GatedMetric metric) {
    return new Metric(
        metric.name(),
        metric.unit(),
        ModelMapping.nullable(metric.before()),
        ModelMapping.nullable(metric.after()),
        metric.higherIsBetter(),
        null,
        null);
  }
}
