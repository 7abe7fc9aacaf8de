package io.espalier.streams.domain.run;

import static io.espalier.streams.domain.Samples.START;
import static io.espalier.streams.domain.Samples.failed;
import static io.espalier.streams.domain.Samples.plan;
import static io.espalier.streams.domain.Samples.reported;
import static io.espalier.streams.domain.Samples.success;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.domain.run.Effect.DeadLetter;
import io.espalier.streams.domain.run.Effect.EndJob;
import io.espalier.streams.domain.run.Effect.Publish;
import io.espalier.streams.domain.run.Effect.QueueJob;
import io.espalier.streams.domain.run.Effect.Reject;
import io.espalier.streams.domain.run.RunEvent.CancelRequested;
import io.espalier.streams.domain.run.RunEvent.Planned;
import io.espalier.streams.domain.run.RunEvent.Released;
import io.espalier.streams.domain.run.RunEvent.RetryRequested;
import io.espalier.streams.domain.run.RunEvent.TimePassed;
import io.espalier.streams.domain.run.RunState.BackingOff;
import io.espalier.streams.domain.run.RunState.Dispatched;
import io.espalier.streams.domain.run.RunState.Ended;
import io.espalier.streams.domain.run.RunState.Queued;
import io.espalier.streams.domain.run.RunState.Running;
import io.espalier.streams.domain.stage.FailureKind;
import io.espalier.streams.domain.stage.Report;
import io.espalier.streams.domain.stage.StageAttempt;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class RunMachineTest {
  private final RunMachine machine = new RunMachine(RunSettings.under("file:///artifacts"));
  private Instant now = START;

  @Test
  void a_plan_begins_a_run_and_queues_its_first_job() {
    Decision decision = machine.begin(new Planned(plan("org/net", 1)), now).orElseThrow();

    assertThat(decision.changes()).extracting(Run::revision).containsExactly(1L, 2L);
    assertThat(decision.run().state()).isEqualTo(new Queued());
    assertThat(decision.effects())
        .singleElement()
        .isInstanceOfSatisfying(
            QueueJob.class,
            queue ->
                assertThat(queue.job().command().outputUri())
                    .isEqualTo("file:///artifacts/org/net/" + decision.run().id() + "/stage-0"));
  }

  @Test
  void a_report_on_an_unknown_run_begins_nothing() {
    assertThat(machine.begin(reported(0, 1, success()), now)).isEmpty();
  }

  @Test
  void a_second_plan_of_the_same_run_changes_nothing() {
    Run run = queued(1);

    assertThat(machine.advance(run, new Planned(plan("net", 1)), now).changed()).isFalse();
  }

  @Test
  void success_at_the_last_stage_publishes_once_and_nothing_after_it_counts() {
    Decision published = machine.advance(queued(1), reported(0, 1, success()), now);

    Decision again = machine.advance(published.run(), reported(0, 1, success()), now);

    assertThat(published.effects()).hasExactlyElementsOfTypes(EndJob.class, Publish.class);
    assertThat(again.changed()).isFalse();
  }

  @Test
  void success_before_the_last_stage_queues_the_next_one() {
    Decision decision = machine.advance(queued(2), reported(0, 1, success()), now);

    assertThat(decision.run().attempt()).isEqualTo(new StageAttempt(1, 1));
    assertThat(decision.effects()).hasExactlyElementsOfTypes(EndJob.class, QueueJob.class);
  }

  @Test
  void a_late_answer_to_an_earlier_attempt_changes_nothing() {
    Run backingOff =
        machine.advance(queued(1), failed(0, 1, FailureKind.RESOURCE, true), now).run();
    Run second = machine.advance(backingOff, new RetryRequested("me", "now"), now).run();

    assertThat(machine.advance(backingOff, reported(0, 1, success()), now).changed()).isFalse();
    assertThat(machine.advance(second, reported(0, 1, success()), now).changed()).isFalse();
    assertThat(second.attempt()).isEqualTo(new StageAttempt(0, 2));
  }

  @Test
  void the_wait_doubles_with_each_attempt() {
    Run first = machine.advance(queued(1), failed(0, 1, FailureKind.INTERNAL, true), now).run();
    Run second = machine.advance(first, new RetryRequested("me", "now"), now).run();
    Run waiting = machine.advance(second, failed(0, 2, FailureKind.INTERNAL, true), now).run();

    assertThat(first.state()).isEqualTo(new BackingOff(now.plusSeconds(30), "because"));
    assertThat(waiting.state()).isEqualTo(new BackingOff(now.plusSeconds(60), "because"));
  }

  @Test
  void a_failure_that_would_come_again_ends_the_run_by_its_kind() {
    assertThat(ending(FailureKind.INVALID_INPUT)).isEqualTo(Ending.INVALID);
    assertThat(ending(FailureKind.INFEASIBLE)).isEqualTo(Ending.INFEASIBLE);
    assertThat(ending(FailureKind.CANCELLED)).isEqualTo(Ending.CANCELLED);
    assertThat(ending(FailureKind.INTERNAL)).isEqualTo(Ending.FAILED);
  }

  @Test
  void only_a_failed_run_leaves_a_dead_letter() {
    Decision failed = machine.advance(queued(1), failed(0, 1, FailureKind.INTERNAL, false), now);
    Decision cancelled = machine.advance(queued(1), new CancelRequested("me", "no"), now);

    assertThat(failed.effects())
        .hasExactlyElementsOfTypes(EndJob.class, Reject.class, DeadLetter.class);
    assertThat(cancelled.effects()).hasExactlyElementsOfTypes(EndJob.class, Reject.class);
  }

  @Test
  void silence_counts_only_while_somebody_listened() {
    Run running =
        machine.advance(queued(1), reported(0, 1, new Report.Started(1, "cpu")), now).run();
    Instant later = now.plus(Duration.ofMinutes(10));

    Decision restarted = machine.advance(running, new TimePassed(later.minusSeconds(5)), later);
    Decision listening = machine.advance(running, new TimePassed(START), later);

    assertThat(restarted.changed()).isFalse();
    assertThat(listening.run().state()).isInstanceOf(BackingOff.class);
  }

  @Test
  void a_release_that_comes_after_the_worker_s_report_changes_nothing() {
    Run running =
        machine.advance(queued(1), reported(0, 1, new Report.Started(1, "cpu")), now).run();

    Decision late = machine.advance(running, new Released(StageAttempt.FIRST), now);

    assertThat(running.state()).isInstanceOf(Running.class);
    assertThat(late.changed()).isFalse();
  }

  @Test
  void a_released_job_that_nobody_starts_is_lost_after_the_start_timeout() {
    Run dispatched = machine.advance(queued(1), new Released(StageAttempt.FIRST), now).run();

    Decision early = machine.advance(dispatched, new TimePassed(START), now.plusSeconds(599));
    Decision lost = machine.advance(dispatched, new TimePassed(START), now.plusSeconds(600));

    assertThat(dispatched.state()).isEqualTo(new Dispatched(now));
    assertThat(early.changed()).isFalse();
    assertThat(lost.run().state()).isInstanceOf(BackingOff.class);
  }

  private Ending ending(FailureKind kind) {
    return ((Ended) machine.advance(queued(1), failed(0, 1, kind, false), now).run().state())
        .ending();
  }

  private Run queued(int stages) {
    return machine.begin(new Planned(plan("net", stages)), now).orElseThrow().run();
  }
}
