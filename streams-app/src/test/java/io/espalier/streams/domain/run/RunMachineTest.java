package io.espalier.streams.domain.run;

import static io.espalier.streams.domain.Samples.ANY;
import static io.espalier.streams.domain.Samples.START;
import static io.espalier.streams.domain.Samples.TOKEN;
import static io.espalier.streams.domain.Samples.failed;
import static io.espalier.streams.domain.Samples.model;
import static io.espalier.streams.domain.Samples.plan;
import static io.espalier.streams.domain.Samples.policy;
import static io.espalier.streams.domain.Samples.reported;
import static io.espalier.streams.domain.Samples.success;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gate.Gate;
import io.espalier.gate.GateRule;
import io.espalier.streams.domain.RefusedException;
import io.espalier.streams.domain.Samples;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.model.ArtifactReference;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.domain.run.RunEffect.AnswerRegistration;
import io.espalier.streams.domain.run.RunEffect.CloseCommands;
import io.espalier.streams.domain.run.RunEffect.DeadLetter;
import io.espalier.streams.domain.run.RunEffect.EndJob;
import io.espalier.streams.domain.run.RunEffect.Publish;
import io.espalier.streams.domain.run.RunEffect.QueueJob;
import io.espalier.streams.domain.run.RunEffect.Reject;
import io.espalier.streams.domain.run.RunEvent.CancelRequested;
import io.espalier.streams.domain.run.RunEvent.Cause;
import io.espalier.streams.domain.run.RunEvent.Planned;
import io.espalier.streams.domain.run.RunEvent.Reported;
import io.espalier.streams.domain.run.RunEvent.Reporter;
import io.espalier.streams.domain.run.RunEvent.RetryRequested;
import io.espalier.streams.domain.run.RunEvent.TimePassed;
import io.espalier.streams.domain.run.RunState.BackingOff;
import io.espalier.streams.domain.run.RunState.Ended;
import io.espalier.streams.domain.run.RunState.Queued;
import io.espalier.streams.domain.run.RunState.Running;
import io.espalier.streams.domain.stage.FailureKind;
import io.espalier.streams.domain.stage.StageAttempt;
import io.espalier.streams.domain.stage.StageProgress;
import io.espalier.streams.domain.stage.WorkerReport;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class RunMachineTest {
  private static final WorkerReport STARTED = new WorkerReport.Started(1, "cpu");
  private static final WorkerReport PROGRESSED =
      new WorkerReport.Progressed(new StageProgress("search", 1, 2, Optional.empty(), Map.of()));

  private final RunMachine machine =
      new RunMachine(RunSettings.under("file:///artifacts"), () -> TOKEN);
  private Instant now = START;

  @Test
  void a_plan_begins_a_run_and_queues_its_first_job() {
    RunDecision decision = decide(Optional.empty(), planned(plan("org/net", 1)));

    Run run = decision.run().orElseThrow();
    assertThat(run.state()).isEqualTo(new Queued(now));
    assertThat(run.history().revision()).isEqualTo(1);
    assertThat(decision.effects())
        .singleElement()
        .isInstanceOfSatisfying(
            QueueJob.class,
            queue -> {
              assertThat(queue.job().command().outputUri())
                  .isEqualTo("file:///artifacts/org/net/" + run.id() + "/stage-0");
              assertThat(queue.job().command().identity().sequence()).isEqualTo(1);
              assertThat(queue.job().command().identity().token()).isEqualTo(TOKEN);
            });
  }

  @Test
  void a_report_on_an_unknown_run_begins_nothing() {
    assertThat(decide(Optional.empty(), reported(0, 1, STARTED)).idle()).isTrue();
  }

  @Test
  void a_second_registration_of_a_run_that_goes_on_changes_nothing_and_is_answered() {
    Run run = queued(1);

    RunDecision again = advance(run, planned(run.plan()));

    assertThat(again.kept()).isEmpty();
    assertThat(again.effects())
        .singleElement()
        .isInstanceOfSatisfying(
            AnswerRegistration.class,
            answer -> assertThat(answer.outcome()).isEqualTo(RegistrationOutcome.ALREADY_RUNNING));
  }

  @Test
  void a_model_that_is_only_looked_at_again_is_not_answered() {
    Run run = queued(1);

    assertThat(advance(run, new Planned(run.plan(), Cause.LOOKED_AT_AGAIN)).idle()).isTrue();
  }

  @Test
  void success_at_the_last_stage_publishes_once_and_nothing_after_it_counts() {
    Run run = queued(1);
    RunDecision published = advance(run, reported(0, 1, success(run)));

    RunDecision again = decide(published.run().map(KeptRun::of), reported(0, 1, success(run)));

    assertThat(published.effects())
        .hasExactlyElementsOfTypes(EndJob.class, CloseCommands.class, Publish.class);
    assertThat(again.idle()).isTrue();
  }

  @Test
  void success_before_the_last_stage_queues_the_next_one_with_the_next_command() {
    Run run = queued(2);

    RunDecision decision = advance(run, reported(0, 1, success(run)));

    Run next = decision.run().orElseThrow();
    assertThat(next.attempt()).isEqualTo(new StageAttempt(1, 1));
    assertThat(next.attempts().sequence()).isEqualTo(2);
    assertThat(decision.effects())
        .hasExactlyElementsOfTypes(EndJob.class, CloseCommands.class, QueueJob.class);
    assertThat(closed(decision)).isEqualTo(1);
  }

  @Test
  void time_alone_never_makes_a_second_command() {
    Run waiting = queued(1);
    Run working = after(waiting, reported(0, 1, STARTED));
    now = now.plus(Duration.ofDays(30));

    assertThat(advance(waiting, new TimePassed(now)).idle()).isTrue();
    assertThat(advance(working, new TimePassed(now)).idle()).isTrue();
    assertThat(machine.wakeAt(waiting)).isEmpty();
  }

  @Test
  void the_success_of_an_attempt_that_was_given_up_counts() {
    Run failed = after(queued(1), failed(0, 1, FailureKind.RESOURCE, true));
    Run second = after(failed, new RetryRequested("me", "now"));

    RunDecision late = advance(second, reported(0, 1, success(second)));
    RunDecision early = advance(failed, reported(0, 1, success(failed)));

    assertThat(second.attempt()).isEqualTo(new StageAttempt(0, 2));
    assertThat(late.effects())
        .hasExactlyElementsOfTypes(EndJob.class, CloseCommands.class, Publish.class);
    assertThat(late.effects().get(0))
        .isEqualTo(new EndJob("default", new JobId(second.id().value(), new StageAttempt(0, 2))));
    assertThat(early.effects()).hasExactlyElementsOfTypes(CloseCommands.class, Publish.class);
  }

  @Test
  void work_seen_on_an_earlier_attempt_takes_the_run_back_to_it_and_closes_the_later_one() {
    Run failed = after(queued(1), failed(0, 1, FailureKind.RESOURCE, true));
    Run second = after(failed, new RetryRequested("me", "now"));

    RunDecision adopted = advance(second, reported(0, 1, "w2", PROGRESSED));

    Run run = adopted.run().orElseThrow();
    assertThat(run.attempt()).isEqualTo(new StageAttempt(0, 1));
    assertThat(run.state()).isInstanceOf(Running.class);
    assertThat(adopted.effects())
        .containsExactly(
            new EndJob("default", new JobId(run.id().value(), new StageAttempt(0, 2))),
            new CloseCommands(run.id(), 2, OptionalLong.of(1), "an earlier attempt is at work"));
    Run third =
        after(
            after(
                run,
                reported(0, 1, "w2", new WorkerReport.Failed(FailureKind.RESOURCE, "m", true))),
            new RetryRequested("me", "now"));
    assertThat(third.attempt()).isEqualTo(new StageAttempt(0, 3));
  }

  @Test
  void work_that_goes_on_during_the_back_off_is_taken_up_again() {
    Run failed = after(queued(1), failed(0, 1, FailureKind.RESOURCE, true));

    RunDecision again = advance(failed, reported(0, 1, "w2", STARTED));

    assertThat(again.run().orElseThrow().state()).isInstanceOf(Running.class);
    assertThat(again.effects()).isEmpty();
  }

  @Test
  void work_on_a_later_attempt_closes_the_earlier_ones() {
    Run failed = after(queued(1), failed(0, 1, FailureKind.RESOURCE, true));
    Run second = after(failed, new RetryRequested("me", "now"));

    RunDecision begun = advance(second, reported(0, 2, STARTED));

    assertThat(closed(begun)).isEqualTo(1);
    assertThat(advance(begun.run().orElseThrow(), reported(0, 1, "w2", STARTED)).idle()).isTrue();
  }

  @Test
  void a_failure_counts_only_from_the_worker_that_is_at_it() {
    Run first = after(queued(1), reported(0, 1, "w1", STARTED));
    Run redelivered = after(first, reported(0, 1, "w2", STARTED));
    WorkerReport failure = new WorkerReport.Failed(FailureKind.INVALID_INPUT, "gone", false);

    assertThat(advance(redelivered, reported(0, 1, "w1", failure)).idle()).isTrue();
    assertThat(advance(redelivered, reported(0, 1, "w2", failure)).run().orElseThrow().ended())
        .isTrue();
  }

  @Test
  void a_result_without_the_token_of_its_command_is_refused() {
    Run run = queued(1);
    var forged = new Reported(StageAttempt.FIRST, new Reporter("w1", "guessed"), success(run));

    assertThatThrownBy(() -> advance(run, forged))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("must carry the token of its command");
  }

  @Test
  void a_result_that_lies_elsewhere_is_refused() {
    Run run = queued(1);
    String base = "file:///artifacts/net/" + run.id() + "/stage-0";

    for (String uri :
        List.of(
            "file:///elsewhere/attempt-1-cd/",
            base + "/../../other/stage-0/attempt-1-cd/",
            base + "-1/attempt-1-cd/",
            "s3://artifacts/net/" + run.id() + "/stage-0/attempt-1-cd/",
            "file://host/artifacts/net/" + run.id() + "/stage-0/attempt-1-cd/",
            "not a uri")) {
      assertThatThrownBy(() -> advance(run, reported(0, 1, success(uri))))
          .as(uri)
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("its output must lie under " + base + "/attempt-");
    }
  }

  @Test
  void a_stage_may_hand_its_input_on() {
    Run run = queued(1);

    RunDecision unchanged = advance(run, reported(0, 1, success("file:///models/net")));

    assertThat(unchanged.effects()).hasAtLeastOneElementOfType(Publish.class);
  }

  @Test
  void a_stage_that_takes_its_workers_away_ends_its_run_whatever_attempts_are_left() {
    Run first = after(queued(1), started(1, 9));
    Run second = again(after(first, failed(0, 1, FailureKind.RESOURCE, true)));
    Run last = after(second, started(2, 5));

    RunDecision over = advance(last, started(2, 6));

    assertThat(last.attempts().deliveries().repeated()).isEqualTo(8 + 4);
    assertThat(over.effects())
        .hasExactlyElementsOfTypes(
            EndJob.class, CloseCommands.class, Reject.class, DeadLetter.class);
    assertThat(over.run().orElseThrow().state())
        .isInstanceOfSatisfying(
            Ended.class,
            ended -> {
              assertThat(ended.ending()).isEqualTo(RunEnding.FAILED);
              assertThat(ended.message())
                  .contains(
                      "stage 1 attempt 2", "13 times", "at most 12", "runs retry " + last.id());
            });
  }

  @Test
  void a_delivery_that_is_reported_again_counts_once() {
    Run again = after(after(queued(1), started(1, 4)), started(1, 4));

    assertThat(again.attempts().deliveries().repeated()).isEqualTo(3);
  }

  @Test
  void deliveries_of_a_command_that_was_sent_again_count_too() {
    Run lost = after(queued(1), started(1, 9));

    Run sentAgain = after(after(lost, started(1, 1)), started(1, 2));

    assertThat(sentAgain.attempts().deliveries().repeated()).isEqualTo(10);
  }

  @Test
  void deliveries_of_a_finished_stage_or_before_a_retry_do_not_count() {
    Run lost = after(queued(2), started(1, 9));
    Run next = after(lost, reported(0, 1, success(lost)));
    Run failed = after(lost, failed(0, 1, FailureKind.INTERNAL, false));

    Run retried =
        decide(Optional.of(KeptRun.of(failed)), new RetryRequested("me", "more memory"))
            .run()
            .orElseThrow();

    assertThat(next.attempts().deliveries().repeated()).isZero();
    assertThat(retried.attempts().deliveries().repeated()).isZero();
    assertThat(after(retried, started(1, 9)).attempts().deliveries().repeated()).isZero();
    assertThat(after(retried, started(2, 3)).attempts().deliveries().repeated()).isEqualTo(2);
  }

  @Test
  void the_wait_doubles_with_each_attempt() {
    Run first = after(queued(1), failed(0, 1, FailureKind.INTERNAL, true));
    Run second = after(first, new RetryRequested("me", "now"));
    Run waiting = after(second, failed(0, 2, FailureKind.INTERNAL, true));

    assertThat(first.state()).isEqualTo(new BackingOff(now.plusSeconds(30), "because"));
    assertThat(waiting.state()).isEqualTo(new BackingOff(now.plusSeconds(60), "because"));
  }

  @Test
  void a_failure_that_would_come_again_ends_the_run_by_its_kind() {
    assertThat(ending(FailureKind.INVALID_INPUT)).isEqualTo(RunEnding.INVALID);
    assertThat(ending(FailureKind.INFEASIBLE)).isEqualTo(RunEnding.INFEASIBLE);
    assertThat(ending(FailureKind.CANCELLED)).isEqualTo(RunEnding.CANCELLED);
    assertThat(ending(FailureKind.INTERNAL)).isEqualTo(RunEnding.FAILED);
  }

  @Test
  void only_a_failed_run_leaves_a_dead_letter_and_every_end_closes_its_commands() {
    RunDecision failed = advance(queued(1), failed(0, 1, FailureKind.INTERNAL, false));
    RunDecision cancelled = advance(queued(1), new CancelRequested("me", "no"));

    assertThat(failed.effects())
        .hasExactlyElementsOfTypes(
            EndJob.class, CloseCommands.class, Reject.class, DeadLetter.class);
    assertThat(cancelled.effects())
        .hasExactlyElementsOfTypes(EndJob.class, CloseCommands.class, Reject.class);
  }

  @Test
  void waiting_does_not_count_against_the_deadline() {
    Run waiting = queued(2);
    now = now.plus(Duration.ofHours(40));
    Run working = after(waiting, reported(0, 1, STARTED));
    Run heard = heardFor(Duration.ofHours(5), working);
    Run next = after(heard, reported(0, 1, success(heard)));
    now = now.plus(Duration.ofHours(40));
    Run second = after(next, reported(1, 1, STARTED));

    assertThat(machine.wakeAt(next)).isEmpty();
    assertThat(machine.wakeAt(second)).contains(now.plus(Duration.ofHours(1)));
  }

  @Test
  void work_that_takes_longer_than_the_deadline_ends_the_run() {
    Run working = after(queued(1), reported(0, 1, STARTED));
    Run heard = heardFor(Duration.ofHours(6).minusSeconds(1), working);
    RunDecision early = advance(heard, new TimePassed(now));
    now = now.plusSeconds(1);

    RunDecision late = advance(heard, new TimePassed(now));

    assertThat(early.idle()).isTrue();
    assertThat(late.run().orElseThrow().state())
        .isInstanceOfSatisfying(
            Ended.class, ended -> assertThat(ended.message()).contains("for 6h,", "w1"));
  }

  @Test
  void a_deadline_is_not_judged_before_everything_reported_until_then_was_heard() {
    Run working = after(queued(1), reported(0, 1, STARTED));
    Instant deadline = now.plus(Duration.ofHours(6));
    Run heard = heardFor(Duration.ofHours(6).minusSeconds(30), working);
    now = deadline.plusSeconds(5);

    RunDecision behind = advance(heard, new TimePassed(deadline.minusMillis(1)));
    RunDecision caughtUp = advance(heard, new TimePassed(deadline));

    assertThat(behind.idle()).isTrue();
    assertThat(caughtUp.run().orElseThrow().ended()).isTrue();
  }

  @Test
  void silence_is_no_work_and_does_not_count_against_the_deadline() {
    Run working = after(queued(1), reported(0, 1, STARTED));
    now = now.plus(Duration.ofHours(9));

    assertThat(advance(working, new TimePassed(now)).idle()).isTrue();
    Run again = after(working, reported(0, 1, "w2", STARTED));
    assertThat(machine.wakeAt(again)).contains(now.plus(Duration.ofHours(6)));
  }

  @Test
  void a_clock_that_is_set_forward_or_back_has_not_worked() {
    Run working = heardFor(Duration.ofHours(2), after(queued(1), reported(0, 1, STARTED)));

    now = now.plus(Duration.ofDays(1));
    Run forward = advance(working, reported(0, 1, PROGRESSED)).run().orElseThrow();
    assertThat(machine.wakeAt(forward)).contains(now.plus(Duration.ofHours(4)));

    now = now.minus(Duration.ofDays(3));
    Run back = advance(forward, reported(0, 1, PROGRESSED)).run().orElseThrow();
    assertThat(machine.wakeAt(back)).contains(now.plus(Duration.ofHours(4)));
    assertThat(advance(back, new TimePassed(now)).idle()).isTrue();
  }

  @Test
  void a_run_waits_no_longer_than_its_policy_s_queue_timeout() {
    Policy impatient = Samples.impatient(Duration.ofHours(1));
    Run waiting =
        decide(Optional.empty(), planned(plan(model("net"), impatient))).run().orElseThrow();
    now = now.plus(Duration.ofHours(1));

    RunDecision behind = advance(waiting, new TimePassed(now.minusSeconds(1)));
    RunDecision over = advance(waiting, new TimePassed(now));

    assertThat(behind.idle()).isTrue();
    assertThat(over.run().orElseThrow().state())
        .isInstanceOfSatisfying(
            Ended.class,
            ended ->
                assertThat(ended.message())
                    .contains("stage 1 attempt 1 waited", "for 1h,", "default"));
  }

  @Test
  void a_sign_of_life_is_shown_but_need_not_be_kept() {
    Run working = after(queued(1), reported(0, 1, STARTED));

    RunDecision heard = advance(working, reported(0, 1, PROGRESSED));

    assertThat(heard.change()).isEqualTo(RunDecision.Change.HEARD);
    assertThat(heard.kept()).isEmpty();
  }

  @Test
  void a_failed_run_is_retried_from_the_stage_that_failed_with_all_its_attempts() {
    Run first = queued(2);
    Run second = after(first, reported(0, 1, success(first)));
    Run failed = after(second, failed(1, 1, FailureKind.INTERNAL, false));

    RunDecision retried =
        decide(Optional.of(KeptRun.of(failed)), new RetryRequested("me", "the disk is free"));

    Run open = retried.run().orElseThrow();
    assertThat(open.attempt()).isEqualTo(new StageAttempt(1, 2));
    assertThat(open.attempts().sequence()).isEqualTo(3);
    assertThat(open.attempts().counted()).isEqualTo(1);
    assertThat(open.outcomes()).hasSize(1);
    assertThat(retried.effects()).hasExactlyElementsOfTypes(QueueJob.class);
  }

  @Test
  void a_registration_that_differs_from_the_one_that_failed_begins_anew() {
    Run failed = after(queued(1), failed(0, 1, FailureKind.INVALID_INPUT, false));
    RunPlan corrected = registered(failed, "file:///models/corrected");

    RunDecision anew = decide(Optional.of(KeptRun.of(failed)), planned(corrected));

    Run open = anew.run().orElseThrow();
    assertThat(open.plan()).isEqualTo(corrected);
    assertThat(open.attempt()).isEqualTo(new StageAttempt(0, 2));
    assertThat(anew.effects()).hasExactlyElementsOfTypes(AnswerRegistration.class, QueueJob.class);
    RunDecision late = advance(open, reported(0, 1, success(open)));
    assertThat(late.idle()).as("the earlier registration's attempt is none of this one").isTrue();
  }

  @Test
  void the_same_registration_again_is_answered_with_how_the_run_ended_and_what_to_do() {
    Run failed = after(queued(1), failed(0, 1, FailureKind.INVALID_INPUT, false));

    RunDecision again = decide(Optional.of(KeptRun.of(failed)), planned(failed.plan()));

    assertThat(again.run()).isEmpty();
    assertThat(again.effects())
        .singleElement()
        .isInstanceOfSatisfying(
            AnswerRegistration.class,
            answer ->
                assertThat(answer.message())
                    .contains("because", "espalier runs retry " + failed.id()));
  }

  @Test
  void a_registration_from_the_dead_letters_opens_the_run_that_failed() {
    Run failed = after(queued(1), failed(0, 1, FailureKind.INTERNAL, false));

    RunDecision replayed =
        decide(Optional.of(KeptRun.of(failed)), new Planned(failed.plan(), Cause.REPLAYED));

    assertThat(replayed.run().orElseThrow().state()).isInstanceOf(Queued.class);
  }

  @Test
  void a_run_that_missed_its_gate_is_retried_from_the_first_stage() {
    Policy strict = policy(1, List.of(new Gate("accuracy", GateRule.THRESHOLD, 0.5)), ANY);
    Run run = decide(Optional.empty(), planned(plan(model("net"), strict))).run().orElseThrow();
    Run missed = after(run, reported(0, 1, success(run)));

    Run open =
        decide(Optional.of(KeptRun.of(missed)), new RetryRequested("me", "again"))
            .run()
            .orElseThrow();

    assertThat(((Ended) missed.state()).ending()).isEqualTo(RunEnding.MISSED_GATE);
    assertThat(open.attempt()).isEqualTo(new StageAttempt(0, 2));
    assertThat(open.outcomes()).isEmpty();
  }

  @Test
  void a_published_run_is_never_opened_again_and_says_where_its_model_lies() {
    Run run = queued(1);
    Run published = after(run, reported(0, 1, success(run)));
    Optional<KeptRun> kept = Optional.of(KeptRun.of(published));

    RunDecision registered = decide(kept, planned(registered(run, "file:///models/other")));

    assertThat(decide(kept, new RetryRequested("me", "again")).idle()).isTrue();
    assertThat(registered.run()).isEmpty();
    assertThat(registered.effects())
        .singleElement()
        .isInstanceOfSatisfying(
            AnswerRegistration.class,
            answer ->
                assertThat(answer.message())
                    .contains("already published as file:///artifacts/net/" + run.id()));
  }

  /** The same run when its worker has reported every minute for some time. */
  private Run heardFor(Duration time, Run working) {
    Instant end = now.plus(time);
    Run heard = working;
    while (now.isBefore(end)) {
      Instant next = now.plus(Duration.ofMinutes(1));
      now = next.isBefore(end) ? next : end;
      heard = advance(heard, reported(0, 1, PROGRESSED)).run().orElseThrow();
    }
    return heard;
  }

  private static Reported started(int attempt, int delivery) {
    return reported(0, attempt, new WorkerReport.Started(delivery, "cpu"));
  }

  private Run again(Run backingOff) {
    return after(backingOff, new RetryRequested("me", "now"));
  }

  private RunEnding ending(FailureKind kind) {
    return ((Ended) after(queued(1), failed(0, 1, kind, false)).state()).ending();
  }

  private static long closed(RunDecision decision) {
    return decision.effects().stream()
        .filter(CloseCommands.class::isInstance)
        .map(CloseCommands.class::cast)
        .findFirst()
        .orElseThrow()
        .sequence();
  }

  private static RunPlan registered(Run run, String uri) {
    Model before = run.plan().model();
    Model model =
        new Model(
            before.ref(),
            new ArtifactReference(uri, Optional.empty()),
            before.task(),
            before.family(),
            before.parameters(),
            before.datasets(),
            before.labels(),
            before.origin());
    return new RunPlan(run.id(), model, run.policy(), "trace");
  }

  private static Planned planned(RunPlan plan) {
    return new Planned(plan, Cause.REGISTERED);
  }

  private RunDecision decide(Optional<KeptRun> kept, RunEvent event) {
    return machine.decide(kept, event, now);
  }

  private RunDecision advance(Run run, RunEvent event) {
    return decide(Optional.of(new KeptRun.Going(run)), event);
  }

  private Run after(Run run, RunEvent event) {
    return advance(run, event).run().orElseThrow();
  }

  private Run queued(int stages) {
    return decide(Optional.empty(), planned(plan("net", stages))).run().orElseThrow();
  }
}
