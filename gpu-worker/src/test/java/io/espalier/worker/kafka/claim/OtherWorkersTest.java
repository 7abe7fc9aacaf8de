package io.espalier.worker.kafka.claim;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.RunningStage;
import io.espalier.event.StageCommand;
import io.espalier.event.WorkerHeartbeat;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class OtherWorkersTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final OtherWorkers others = new OtherWorkers("me", "gpu");

  @Test
  void whoever_works_on_the_same_delivery_is_still_at_it() {
    hear("other", "gpu", working(2));

    assertThat(others.workingOn(attempt("run-1", 2))).contains("other");
    assertThat(others.workingOn(attempt("run-1", 1))).contains("other");
  }

  @Test
  void a_later_delivery_says_that_the_queue_took_the_command_from_the_other_one() {
    hear("other", "gpu", working(2));

    assertThat(others.workingOn(attempt("run-1", 3))).isEmpty();
  }

  @Test
  void an_older_worker_that_does_not_say_which_delivery_it_has_holds_nobody_up() {
    hear("other", "gpu", working(0));

    assertThat(others.workingOn(attempt("run-1", 1))).isEmpty();
  }

  @Test
  void other_runs_other_pools_and_this_worker_itself_do_not_count() {
    hear("other", "cpu", working(1));
    hear("me", "gpu", working(1));
    hear("third", "gpu", new RunningStage("run-2", 0, 1, true, 1));

    assertThat(others.workingOn(attempt("run-1", 1))).isEmpty();
  }

  @Test
  void what_the_last_heartbeat_does_not_name_is_no_longer_held() {
    hear("other", "gpu", working(1));
    hear("other", "gpu");

    assertThat(others.workingOn(attempt("run-1", 1))).isEmpty();
  }

  @Test
  void whoever_holds_it_without_working_on_it_waits() {
    hear("other", "gpu", new RunningStage("run-1", 0, 1, false, 1));

    assertThat(others.waitingFor(attempt("run-1", 1))).contains("other");
    assertThat(others.workingOn(attempt("run-1", 1))).isEmpty();
  }

  @Test
  void whoever_got_it_as_a_later_delivery_does_not_wait() {
    hear("other", "gpu", new RunningStage("run-1", 0, 1, false, 2));

    assertThat(others.waitingFor(attempt("run-1", 1))).isEmpty();
  }

  @Test
  void a_worker_that_is_silent_while_own_heartbeats_arrive_is_gone() {
    hear("other", "gpu", working(1));

    ownHeartbeatAfter(5);
    ownHeartbeatAfter(17);
    assertThat(others.workingOn(attempt("run-1", 1))).contains("other");
    ownHeartbeatAfter(18);

    assertThat(others.workingOn(attempt("run-1", 1))).isEmpty();
  }

  @Test
  void nobody_falls_silent_while_no_broker_answers() {
    hear("other", "gpu", working(1));

    ownHeartbeatAfter(600);

    assertThat(others.workingOn(attempt("run-1", 1))).contains("other");
  }

  private void ownHeartbeatAfter(int seconds) {
    others.heard(heartbeat("me", "gpu", START.plusSeconds(seconds)));
  }

  private void hear(String worker, String pool, RunningStage... stages) {
    others.heard(heartbeat(worker, pool, START, stages));
  }

  private static WorkerHeartbeat heartbeat(
      String worker, String pool, Instant at, RunningStage... stages) {
    return new WorkerHeartbeat(worker, pool, at, 1, List.of(), List.of(stages), 0, null);
  }

  private static RunningStage working(int delivery) {
    return new RunningStage("run-1", 0, 1, true, delivery);
  }

  private static ClaimedCommand attempt(String run, int delivery) {
    var command = new StageCommand();
    command.setRunId(run);
    command.setStageIndex(0);
    command.setAttempt(1);
    return new ClaimedCommand(command, delivery, Optional.empty());
  }
}
