package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.Run;
import io.espalier.event.RunState;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RunTextTest {
  private static final Instant NOON = SampleRun.NOON;

  @Test
  void a_run_in_the_queue_says_since_when_it_waits_and_how_often_it_was_tried() {
    Run run = SampleRun.in(RunState.QUEUED);
    run.setWaitingSince(NOON.plusSeconds(60));

    assertThat(RunText.of(run, NOON.plus(Duration.ofMinutes(126))))
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

    assertThat(RunText.of(run, NOON.plusSeconds(91)))
        .contains("started   2026-06-01T12:00:10Z (1 min 21 s ago)")
        .contains("worker worker-7 not heard of since 2026-06-01T12:00:30Z (1 min 1 s ago)");
    assertThat(RunText.of(run, NOON.plusSeconds(90))).doesNotContain("not heard of");
  }

  @Test
  void a_run_that_has_ended_waits_for_nobody() {
    Run run = SampleRun.in(RunState.PUBLISHED);
    run.setWaitingSince(NOON);
    run.setHeardAt(NOON);

    assertThat(RunText.of(run, NOON.plusSeconds(86_400 * 3 + 3_600)))
        .contains("(3 d 1 h ago)")
        .doesNotContain("waiting", "not heard of", "stage ");
  }
}
