package io.espalier.worker.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gate.BudgetForecast;
import io.espalier.gate.BudgetForecast.Basis;
import io.espalier.gate.Gate;
import io.espalier.gate.GateResult;
import io.espalier.gate.GateRule;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.StoredReport.Asked;
import io.espalier.worker.report.StoredReport.Foretold;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** A model of 1000 FLOPs that was cut to 500 and lost 10 points of accuracy, 0.9 to 0.8. */
class BudgetForecastingTest {
  private static final Foretold CHOSEN = point(500, 0.4);

  /** Foretold losses of 0.4, 0.3, 0.1 and 0 are 10, 7.5, 2.5 and no points as things stand. */
  private static final List<Foretold> CURVE =
      List.of(point(300, 2.0), CHOSEN, point(610, 0.3), point(725, 0.1), point(1000, 0));

  @Test
  void the_next_budget_whose_loss_scaled_to_what_was_measured_passes_is_named() {
    BudgetForecast forecast = foretold(CURVE, gate(GateRule.MAX_DEGRADATION, 0.03)).orElseThrow();

    assertThat(forecast.constraints()).containsExactly(Map.entry("flops", "73%"));
    assertThat(forecast.basis()).isEqualTo(Basis.CURVE);
    assertThat(forecast.metrics().get(0).after().getAsDouble()).isEqualTo(0.9 - 0.025);
    assertThat(forecast.toText())
        .isEqualTo(
            "foretold to pass: flops=73% (accuracy 87.50 %); a forecast by the report's curve of"
                + " other budgets, scaled to what this result lost, not a measurement");
  }

  @Test
  void rules_are_those_of_the_coordinator() {
    assertThat(foretold(CURVE, gate(GateRule.THRESHOLD, 0.82)).orElseThrow().constraints())
        .containsEntry("flops", "61%");
    assertThat(
            foretold(CURVE, gate(GateRule.PERCENT_MAX_DEGRADATION, 8.4))
                .orElseThrow()
                .constraints())
        .containsEntry("flops", "61%");
  }

  @Test
  void without_a_curve_losses_are_taken_to_be_in_proportion_to_what_is_saved() {
    BudgetForecast forecast =
        foretold(List.of(), gate(GateRule.MAX_DEGRADATION, 0.03)).orElseThrow();

    // 3 of 10 points are 150 of 500 FLOPs saved
    assertThat(forecast.basis()).isEqualTo(Basis.LINE);
    assertThat(forecast.constraints()).containsExactly(Map.entry("flops", "85%"));
  }

  @Test
  void a_gate_that_the_original_misses_is_passed_by_no_budget() {
    BudgetForecast forecast = foretold(CURVE, gate(GateRule.THRESHOLD, 0.95)).orElseThrow();

    assertThat(forecast.constraints()).isEmpty();
    assertThat(forecast.toText()).contains("no budget below the whole model");
  }

  @Test
  void what_is_too_large_becomes_a_bound_itself() {
    var tooLarge =
        new GateResult(new Gate("bytes", GateRule.MAX_BYTES, 1500), OptionalDouble.of(2000), false);

    BudgetForecast forecast = BudgetForecasting.of(report(CURVE), List.of(tooLarge)).orElseThrow();

    assertThat(forecast.constraints()).containsEntry("flops", "30%").containsEntry("bytes", "1500");
  }

  @Test
  void nothing_is_foretold_of_what_the_report_does_not_know() {
    var unknown =
        new GateResult(new Gate("f1", GateRule.THRESHOLD, 1), OptionalDouble.empty(), false);

    assertThat(BudgetForecasting.of(report(CURVE), List.of(unknown))).isEmpty();
  }

  private static Optional<BudgetForecast> foretold(List<Foretold> curve, GateResult gate) {
    return BudgetForecasting.of(report(curve), List.of(gate));
  }

  private static GateResult gate(GateRule rule, double bound) {
    return new GateResult(new Gate("accuracy", rule, bound), OptionalDouble.empty(), false);
  }

  private static Foretold point(long flops, double loss) {
    return new Foretold(Map.of("flops", flops, "bytes", 4 * flops), loss);
  }

  private static StoredReport report(List<Foretold> curve) {
    var accuracy =
        new Metric(
            "accuracy",
            "fraction",
            OptionalDouble.of(0.9),
            OptionalDouble.of(0.8),
            true,
            Optional.of("file:///data"),
            OptionalLong.of(100));
    return new StoredReport(
        "net",
        Optional.empty(),
        "fastnas",
        List.of(new Asked("flops", "50%", 500, 500)),
        List.of(
            Metric.exact("flops", "count", 1000, 500),
            Metric.exact("bytes", "bytes", 4000, 2000),
            accuracy),
        Map.of(),
        List.of(),
        curve,
        curve.isEmpty() ? Optional.empty() : Optional.of(CHOSEN));
  }
}
