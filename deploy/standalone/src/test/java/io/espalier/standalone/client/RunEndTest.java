package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.Gate;
import io.espalier.event.GateResult;
import io.espalier.event.GateRule;
import io.espalier.event.RejectionReason;
import io.espalier.event.Run;
import io.espalier.event.RunState;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunEndTest {
  @ParameterizedTest
  @CsvSource({
    "PUBLISHED,          , 0",
    "REJECTED , GATE     , 5",
    "REJECTED , INFEASIBLE, 4",
    "REJECTED , INVALID  , 3",
    "REJECTED ,          , 1",
    "FAILED   , FAILED   , 1",
    "CANCELLED, CANCELLED, 1",
    "RUNNING  ,          , 7",
    "QUEUED   ,          , 7"
  })
  void each_end_has_its_exit_code(RunState state, RejectionReason reason, int code) {
    RunEnd end = new RunEnd("run-1", Optional.of(SampleRun.in(state)), Optional.ofNullable(reason));

    assertThat(end.exitCode()).isEqualTo(code);
    assertThat(end.json().path("exitCode").asInt()).isEqualTo(code);
  }

  @Test
  void a_rejection_that_was_not_announced_is_known_by_its_gates() {
    Run run = SampleRun.in(RunState.REJECTED);
    Gate gate = new Gate("accuracy", GateRule.THRESHOLD, 0.9);
    run.setGates(List.of(new GateResult(gate, 0.8, false)));

    assertThat(new RunEnd("run-1", Optional.of(run), Optional.empty()).exitCode()).isEqualTo(5);
  }

  @Test
  void a_run_that_never_appeared_is_not_in_time_and_asks_for_the_coordinator() {
    var end = new RunEnd("run-1", Optional.empty(), Optional.empty());

    assertThat(end.exitCode()).isEqualTo(7);
    assertThat(end.words()).contains("run-1 did not begin in time", "espalier streams");
  }

  @Test
  void an_end_at_a_gate_names_the_budget_foretold_to_pass_and_the_report() {
    var end =
        new RunEnd(
            "run-1", Optional.of(SampleRun.rejected("run-1")), Optional.of(RejectionReason.GATE));

    assertThat(end.words().lines())
        .containsExactly(
            "run run-1: rejected: missed accuracy",
            "  foretold to pass: flops=73% (accuracy 87.50 %); a forecast by the report's curve of"
                + " other budgets, scaled to what this result lost, not a measurement",
            "  report file:///store/run-1/report.html");
  }

  @Test
  void of_several_ends_the_worst_counts() {
    RunEnd published = end(RunState.PUBLISHED, Optional.empty());
    RunEnd gate = end(RunState.REJECTED, Optional.of(RejectionReason.GATE));
    RunEnd invalid = end(RunState.REJECTED, Optional.of(RejectionReason.INVALID));
    RunEnd failed = end(RunState.FAILED, Optional.empty());

    assertThat(RunEnd.exitCode(List.of(published, published))).isZero();
    assertThat(RunEnd.exitCode(List.of(published, gate))).isEqualTo(5);
    assertThat(RunEnd.exitCode(List.of(gate, invalid, published))).isEqualTo(3);
    assertThat(RunEnd.exitCode(List.of(invalid, failed))).isEqualTo(1);
  }

  private static RunEnd end(RunState state, Optional<RejectionReason> reason) {
    return new RunEnd("run-1", Optional.of(SampleRun.in(state)), reason);
  }
}
