package io.espalier.worker.kafka.record;

import io.espalier.event.ForecastBasis;
import io.espalier.event.Metric;
import io.espalier.event.StageCommand;
import io.espalier.gate.BudgetForecast;
import io.espalier.gate.Gate;
import io.espalier.gate.GateRule;
import io.espalier.gate.GatedMetric;
import io.espalier.worker.stage.RunGates;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** Gates and forecasts between the worker's words and the published ones. */
public final class GateMapping {
  private GateMapping() {}

  /** Returns what the result of a command's run is judged by. */
  public static RunGates gates(StageCommand command) {
    return new RunGates(
        command.getGates().stream().map(GateMapping::gate).toList(),
        command.getStageCount(),
        command.getEarlierMetrics().stream().map(GateMapping::metric).toList());
  }

  static io.espalier.event.BudgetForecast toAvro(BudgetForecast forecast) {
    return new io.espalier.event.BudgetForecast(
        forecast.constraints(),
        forecast.metrics().stream().map(GateMapping::toAvro).toList(),
        switch (forecast.basis()) {
          case CURVE -> ForecastBasis.CURVE;
          case LINE -> ForecastBasis.LINE;
        });
  }

  private static Gate gate(io.espalier.event.Gate gate) {
    GateRule rule =
        switch (gate.getRule()) {
          case THRESHOLD -> GateRule.THRESHOLD;
          case MAX_DEGRADATION -> GateRule.MAX_DEGRADATION;
          case PERCENT_MAX_DEGRADATION -> GateRule.PERCENT_MAX_DEGRADATION;
          case MIN_SPEEDUP -> GateRule.MIN_SPEEDUP;
          case MAX_BYTES -> GateRule.MAX_BYTES;
        };
    return new Gate(gate.getMetric(), rule, gate.getBound());
  }

  private static GatedMetric metric(Metric metric) {
    return new GatedMetric(
        metric.getName(),
        metric.getUnit(),
        optional(metric.getBefore()),
        optional(metric.getAfter()),
        metric.getHigherIsBetter());
  }

  private static Metric toAvro(GatedMetric metric) {
    return new Metric(
        metric.name(),
        metric.unit(),
        EventMapping.orNull(metric.before()),
        EventMapping.orNull(metric.after()),
        metric.higherIsBetter(),
        null,
        null);
  }

  private static OptionalDouble optional(@Nullable Double value) {
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
