package io.espalier.streams.domain.policy;

import static io.espalier.streams.domain.Samples.success;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gate.Gate;
import io.espalier.gate.GateResult;
import io.espalier.gate.GateRule;
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

final class GatesTest {
  @Test
  void gates_are_about_what_went_into_the_first_stage_and_came_out_of_the_last() {
    var pruned = outcome(metric("accuracy", 0.91, 0.90), metric("loss", 1, 2));
    var tuned = outcome(metric("accuracy", 0.90, 0.89));
    var lost = new Gate("accuracy", GateRule.MAX_DEGRADATION, 0.02);
    var tooMuch = new Gate("accuracy", GateRule.MAX_DEGRADATION, 0.019);
    var earlier = new Gate("loss", GateRule.THRESHOLD, 2);
    var size = new Gate("bytes", GateRule.MAX_BYTES, 1000);

    var results = Gates.evaluate(List.of(lost, tooMuch, earlier, size), List.of(pruned, tuned));

    assertThat(results).extracting(GateResult::passed).containsExactly(true, false, true, true);
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

  private static StageOutcome outcome(Metric... metrics) {
    WorkerReport.Succeeded success = success("file:///out", metrics);
    return new StageOutcome(StageKind.PRUNE, 1, success.output(), success.report());
  }

  private static Metric metric(String name, double before, double after) {
    return new Metric(
        name,
        "unit",
        OptionalDouble.of(before),
        OptionalDouble.of(after),
        true,
        Optional.empty(),
        OptionalLong.empty());
  }
}
