package io.espalier.gate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cases by hand: whether 0.91 to 0.90 of accuracy, 10 to 5 ms and 1000 bytes pass. */
class GateEvaluationTest {
  private static final List<GatedMetric> METRICS =
      List.of(
          metric("accuracy", 0.91, 0.90, true),
          metric("latencyMillis", 10, 5, false),
          metric("zero", 0, 1, false));

  @ParameterizedTest
  @CsvSource({
    "accuracy, THRESHOLD, 0.9, true",
    "accuracy, THRESHOLD, 0.91, false",
    "accuracy, MAX_DEGRADATION, 0.01, true",
    "accuracy, MAX_DEGRADATION, 0.009, false",
    "accuracy, PERCENT_MAX_DEGRADATION, 1.1, true",
    "accuracy, PERCENT_MAX_DEGRADATION, 1.09, false",
    "latencyMillis, THRESHOLD, 5, true",
    "latencyMillis, THRESHOLD, 4.9, false",
    "latencyMillis, MIN_SPEEDUP, 2, true",
    "latencyMillis, MIN_SPEEDUP, 2.1, false",
    "zero, PERCENT_MAX_DEGRADATION, 100, false",
    "bytes, MAX_BYTES, 1000, true",
    "bytes, MAX_BYTES, 999, false",
    "unheard, THRESHOLD, 0, false",
    "unheard, MAX_BYTES, 1e9, false"
  })
  void a_gate_holds_as_its_rule_says(String metric, GateRule rule, double bound, boolean passes) {
    var results = GateEvaluation.of(List.of(new Gate(metric, rule, bound)), METRICS, 1000);

    assertThat(results).singleElement().extracting(GateResult::passed).isEqualTo(passes);
  }

  @Test
  void what_was_compared_is_told() {
    var gate = new Gate("latencyMillis", GateRule.MIN_SPEEDUP, 4);

    assertThat(GateEvaluation.of(List.of(gate), METRICS, 1000))
        .containsExactly(new GateResult(gate, OptionalDouble.of(2), false));
  }

  @Test
  void over_several_stages_before_is_the_first_one_s_and_after_the_last_one_s() {
    var later =
        List.of(
            new GatedMetric(
                "accuracy", "unit", OptionalDouble.of(0.9), OptionalDouble.of(0.85), true),
            new GatedMetric(
                "latencyMillis", "unit", OptionalDouble.of(4), OptionalDouble.empty(), false),
            metric("f1", 0.5, 0.4, true));

    assertThat(GatedMetric.merged(METRICS, later))
        .containsExactly(
            metric("accuracy", 0.91, 0.85, true),
            metric("latencyMillis", 10, 5, false),
            metric("zero", 0, 1, false),
            metric("f1", 0.5, 0.4, true));
  }

  private static GatedMetric metric(
      String name, double before, double after, boolean higherIsBetter) {
    return new GatedMetric(
        name, "unit", OptionalDouble.of(before), OptionalDouble.of(after), higherIsBetter);
  }
}
