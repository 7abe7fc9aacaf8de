package io.espalier.standalone.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.event.StageProgressed;
import io.espalier.standalone.report.Narration;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunFollowerTest {
  @Test
  void what_happened_is_told_with_the_time_when_it_did() {
    var out = new ByteArrayOutputStream();
    var follower = new RunFollower(Narration.plainEvents(new PrintStream(out, true, UTF_8)));

    follower.tell(SampleRun.in(RunState.QUEUED));
    follower.tell(atWork(20, 1));
    follower.tell(atWork(22, 2));
    follower.tell(atWork(26, 9));
    Run failed = SampleRun.in(RunState.FAILED);
    failed.setUpdatedAt(SampleRun.NOON.plusSeconds(60));
    failed.setReason("out of memory");
    follower.tell(failed);

    assertThat(out.toString(UTF_8).lines())
        .containsExactly(
            "2026-06-01T12:00:00Z  run run-1: queued, stage 1 of 2, attempt 3",
            "2026-06-01T12:00:10Z  run run-1: running, stage 1 of 2, attempt 3, on worker-7",
            "2026-06-01T12:00:20Z    measuring 1/20 (5 %)",
            "2026-06-01T12:00:26Z    measuring 9/20 (45 %)",
            "2026-06-01T12:01:00Z  run run-1: failed, attempt 3: out of memory");
  }

  private static Run atWork(long second, long done) {
    Run run = SampleRun.in(RunState.RUNNING);
    run.setWorkerId("worker-7");
    run.setUpdatedAt(SampleRun.NOON.plusSeconds(10));
    run.setHeardAt(SampleRun.NOON.plusSeconds(second));
    run.setProgress(new StageProgressed("measuring", done, 20L, null, Map.of()));
    return run;
  }
}
