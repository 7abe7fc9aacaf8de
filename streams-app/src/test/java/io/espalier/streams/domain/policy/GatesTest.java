package io.espalier.streams.domain.policy;

import static io.espalier.streams.domain.Samples.success;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.domain.Samples;
import io.espalier.streams.domain.stage.Metric;
import io.espalier.streams.domain.stage.StageKind;
import io.espalier.streams.domain.stage.StageOutcome;
import io.espalier.streams.domain.stage.WorkerReport;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GatesTest {
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
    "bytes, MAX_BYTES, 1000, true",
    "bytes, MAX_BYTES, 999, false",
    "unheard, THRESHOLD, 0, false",
    "unheard, MAX_BYTES, 1e9, false"
  })
  void a_gate_holds_as_its_rule_says(String metric, GateRule rule, double bound, boolean passes) {
    WorkerReport.Succeeded success =
        success(
            "file:///out",
            metric("accuracy", 0.91, 0.90, true),
            metric("latencyMillis", 10, 5, false));
    var outcome = new StageOutcome(StageKind.PRUNE, 1, success.output(), success.report());

    var results = Gates.evaluate(List.of(new Gate(metric, rule, bound)), List.of(outcome));

    assertThat(results).singleElement().extracting(GateResult::passed).isEqualTo(passes);
  }

  @Test
  void a_policy_matches_when_every_condition_holds_and_the_model_is_no_loop() {
    var match =
        new Match(
            Optional.of("image-classification"),
            List.of(new Glob("org/*-v?")),
            Set.of("resnet"),
            Map.of("tier", "edge"));
    var policies = new Policies(List.of(Samples.policy(1, List.of(), match)));

    assertThat(policies.matching(Samples.model("org/net-v2"))).hasSize(1);
    assertThat(policies.matching(Samples.model("org/net-v22"))).isEmpty();
    assertThat(policies.matching(Samples.model("other/net-v2"))).isEmpty();
    assertThat(policies.matching(Samples.model("org/net-v2", "default", 1))).isEmpty();
  }

  private static Metric metric(String name, double before, double after, boolean higherIsBetter) {
    return new Metric(
        name,
        "unit",
        OptionalDouble.of(before),
        OptionalDouble.of(after),
        higherIsBetter,
        Optional.empty(),
        OptionalLong.empty());
  }
}
