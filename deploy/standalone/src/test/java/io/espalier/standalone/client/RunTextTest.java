package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.event.StageProgressed;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RunTextTest {
  private static final Instant NOON = SampleRun.NOON;

  @Test
  void a_run_in_the_queue_says_since_when_it_waits_and_how_often_it_was_tried() {
    Run run = SampleRun.in(RunState.QUEUED);
    run.setWaitingSince(NOON.plusSeconds(60));

    assertThat(text(run, NOON.plus(Duration.ofMinutes(126))))
        .doesNotContain("no worker serves")
        .contains("state     queued")
        .contains("stage     1 of 2, attempt 3")
        .contains("created   2026-06-01T12:00:00Z (2 h 6 min ago)")
        .contains("waiting for a worker since 2026-06-01T12:01:00Z (2 h 5 min ago)")
        .doesNotContain("started");
  }

  @Test
  void a_run_whose_worker_is_silent_says_since_when() {
    Run run = SampleRun.in(RunState.RUNNING);
    run.setWorkerId("worker-7");
    run.setStartedAt(NOON.plusSeconds(10));
    run.setHeardAt(NOON.plusSeconds(30));

    assertThat(text(run, NOON.plusSeconds(91)))
        .contains("started   2026-06-01T12:00:10Z (1 min 21 s ago)")
        .contains("worker worker-7 not heard of since 2026-06-01T12:00:30Z (1 min 1 s ago)");
    assertThat(text(run, NOON.plusSeconds(90))).doesNotContain("not heard of");
  }

  @Test
  void a_run_that_has_ended_waits_for_nobody() {
    Run run = SampleRun.in(RunState.PUBLISHED);
    run.setWaitingSince(NOON);
    run.setHeardAt(NOON);

    assertThat(text(run, NOON.plusSeconds(86_400 * 3 + 3_600)))
        .contains("(3 d 1 h ago)")
        .doesNotContain("waiting", "not heard of", "stage ");
  }

  @Test
  void a_run_in_the_queue_of_a_pool_that_nobody_serves_says_so_and_what_would_help() {
    Run run = SampleRun.in(RunState.QUEUED);

    assertThat(RunText.of(new RunView(run, new Circumstances(NOON, Set.of("default")))))
        .contains("no worker serves pool 'gpu'; `espalier worker --pool gpu` would");
  }

  @Test
  void a_run_at_work_says_who_is_at_it_and_how_far() {
    Run run = SampleRun.in(RunState.RUNNING);
    run.setStageIndex(1);
    run.setWorkerId("worker-7");
    run.setHeardAt(NOON);
    run.setProgress(
        new StageProgressed("measuring", 12L, 34L, 125_000L, Map.of("accuracy", 0.9512)));

    assertThat(text(run, NOON.plusSeconds(3)).lines())
        .contains(
            "stage     2 of 2, attempt 3",
            "worker    worker-7, heard of 3 s ago",
            "phase     measuring, 12 of 34 (35 %), about 2m5s left",
            "values    accuracy 0.9512");
  }

  @Test
  void a_run_with_a_result_says_where_it_and_its_report_lie_and_how_it_fared_at_the_gates() {
    assertThat(text(SampleRun.published("run-1"), NOON).lines())
        .contains(
            "artifact  file:///store/run-1/",
            "report    file:///store/run-1/report.html",
            "prune (fastnas 3): 12.0 s on cpu, attempts 2",
            "asked     flops 60%: at most 6,000, reached 5,900",
            "asked     latency 4 ms",
            "widths    hidden 64 -> 48; heads 8 -> 7 in 2 modules",
            "chosen    hidden_size 48 of 2 candidates, kl 0.1250",
            "gate      accuracy maxDegradation 10.00 pp: worse by 5.00 pp, passed");
  }

  @Test
  void a_run_that_missed_a_gate_says_which_budget_is_foretold_to_pass() {
    assertThat(text(SampleRun.rejected("run-1"), NOON).lines())
        .contains(
            "report    file:///store/run-1/report.html",
            "gate      accuracy maxDegradation 3.00 pp: worse by 5.00 pp, failed",
            "forecast  foretold to pass: flops=73% (accuracy 87.50 %); a forecast by the report's"
                + " curve of other budgets, scaled to what this result lost, not a measurement");
  }

  private static String text(Run run, Instant now) {
    return RunText.of(new RunView(run, new Circumstances(now, Set.of("gpu"))));
  }
}
