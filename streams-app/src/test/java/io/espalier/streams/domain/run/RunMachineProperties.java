package io.espalier.streams.domain.run;

import static io.espalier.streams.domain.Samples.ANY;
import static io.espalier.streams.domain.Samples.START;
import static io.espalier.streams.domain.Samples.TOKEN;
import static io.espalier.streams.domain.Samples.model;
import static io.espalier.streams.domain.Samples.success;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gate.Gate;
import io.espalier.gate.GateRule;
import io.espalier.streams.PropertySeed;
import io.espalier.streams.domain.Samples;
import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.policy.OnGateFailure;
import io.espalier.streams.domain.policy.Placement;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.domain.policy.RetryPolicy;
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
import io.espalier.streams.domain.stage.FailureKind;
import io.espalier.streams.domain.stage.Metric;
import io.espalier.streams.domain.stage.StageAttempt;
import io.espalier.streams.domain.stage.StageKind;
import io.espalier.streams.domain.stage.StageProgress;
import io.espalier.streams.domain.stage.StageSpec;
import io.espalier.streams.domain.stage.WorkerReport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Whatever happens to a run, in whatever order: it ends once, and within its means. */
final class RunMachineProperties {
  private static final double LEAST_ACCURACY = 0.5;

  private final RunMachine machine =
      new RunMachine(RunSettings.under("file:///artifacts"), () -> TOKEN);

  /** An event and the time since the one before. */
  record Step(RunEvent event, Duration later) {}

  /** A step, the run before it and what was decided. */
  record Taken(Step step, Run before, RunDecision decision, Instant at) {}

  @Property(seed = PropertySeed.FIXED)
  void each_opening_of_a_run_has_one_ending_at_most_and_one_event_for_it(
      @ForAll("plans") RunPlan plan, @ForAll("histories") List<Step> history) {
    RunDecision begun = begin(plan);
    int open = 1;
    for (Taken taken : follow(begun.run().orElseThrow(), history)) {
      int endings = endings(taken.decision());
      Run after = taken.decision().run().orElse(taken.before());
      open += taken.before().ended() && !after.ended() ? 1 : 0;
      open -= endings;
      assertThat(open).isEqualTo(after.ended() ? 0 : 1);
    }
  }

  @Property(seed = PropertySeed.FIXED)
  void a_published_run_never_changes(
      @ForAll("plans") RunPlan plan, @ForAll("histories") List<Step> history) {
    for (Taken taken : follow(begin(plan).run().orElseThrow(), history)) {
      boolean published =
          taken.before().state() instanceof RunState.Ended ended
              && ended.ending() == RunEnding.PUBLISHED;
      if (published) {
        assertThat(taken.decision().run()).isEmpty();
        assertThat(taken.decision().effects())
            .allMatch(effect -> effect instanceof RunEffect.AnswerRegistration);
      }
    }
  }

  @Property(seed = PropertySeed.FIXED)
  void no_attempt_is_queued_twice_and_every_command_has_the_next_position(
      @ForAll("plans") RunPlan plan, @ForAll("histories") List<Step> history) {
    RunDecision begun = begin(plan);

    List<Job> queued = queued(begun, follow(begun.run().orElseThrow(), history));

    assertThat(queued).extracting(Job::id).doesNotHaveDuplicates();
    for (int i = 0; i < queued.size(); i++) {
      assertThat(queued.get(i).command().identity().sequence()).isEqualTo(i + 1L);
    }
  }

  @Property(seed = PropertySeed.FIXED)
  void nothing_but_a_reported_end_or_a_person_leads_to_another_command(
      @ForAll("plans") RunPlan plan, @ForAll("histories") List<Step> history) {
    Set<StageAttempt> ended = new HashSet<>();
    for (Taken taken : follow(begin(plan).run().orElseThrow(), history)) {
      if (taken.step().event() instanceof Reported reported
          && (reported.report() instanceof WorkerReport.Failed
              || reported.report() instanceof WorkerReport.Succeeded)) {
        ended.add(reported.attempt());
      }
      boolean another = taken.decision().effects().stream().anyMatch(QueueJob.class::isInstance);
      if (another && taken.step().event() instanceof TimePassed) {
        assertThat(ended).contains(taken.before().attempt());
      }
    }
  }

  @Property(seed = PropertySeed.FIXED)
  void a_run_has_one_job_at_a_time_and_ends_each_that_it_queued(
      @ForAll("plans") RunPlan plan, @ForAll("histories") List<Step> history) {
    RunDecision begun = begin(plan);
    Set<JobId> open = new HashSet<>(Set.of(begun.run().orElseThrow().jobId()));
    for (Taken taken : follow(begun.run().orElseThrow(), history)) {
      for (RunEffect effect : taken.decision().effects()) {
        if (effect instanceof QueueJob queue) {
          assertThat(open).isEmpty();
          open.add(queue.job().id());
        } else if (effect instanceof EndJob end) {
          open.remove(end.job()); // of an attempt that was taken up again it has ended before
        }
      }
      assertThat(taken.decision().run().map(Run::ended).orElse(false) && !open.isEmpty()).isFalse();
    }
  }

  @Property(seed = PropertySeed.FIXED)
  void a_report_on_another_stage_changes_nothing(
      @ForAll("plans") RunPlan plan, @ForAll("histories") List<Step> history) {
    assertThat(follow(begin(plan).run().orElseThrow(), history))
        .filteredOn(step -> step.step().event() instanceof Reported)
        .filteredOn(
            step ->
                ((Reported) step.step().event()).attempt().stageIndex()
                    != step.before().attempt().stageIndex())
        .allSatisfy(step -> assertThat(step.decision().idle()).isTrue());
  }

  @Property(seed = PropertySeed.FIXED)
  void nothing_is_published_that_misses_a_gate_unless_the_policy_says_so(
      @ForAll("plans") RunPlan plan, @ForAll("histories") List<Step> history) {
    RunDecision begun = begin(plan);

    Run last = last(begun, follow(begun.run().orElseThrow(), history));

    if (last.state() instanceof RunState.Ended ended && ended.ending() == RunEnding.PUBLISHED) {
      double accuracy =
          last.outcomes()
              .get(last.outcomes().size() - 1)
              .report()
              .metrics()
              .get(0)
              .after()
              .orElseThrow();
      assertThat(last.outcomes()).hasSameSizeAs(plan.policy().stages());
      assertThat(
              accuracy >= LEAST_ACCURACY || plan.policy().onGateFailure() == OnGateFailure.PUBLISH)
          .isTrue();
    }
  }

  @Property(seed = PropertySeed.FIXED)
  void every_change_that_is_kept_has_the_next_revision(
      @ForAll("plans") RunPlan plan, @ForAll("histories") List<Step> history) {
    RunDecision begun = begin(plan);
    List<Long> revisions = new ArrayList<>();
    begun.kept().ifPresent(run -> revisions.add(run.history().revision()));

    follow(begun.run().orElseThrow(), history)
        .forEach(
            taken ->
                taken.decision().kept().ifPresent(run -> revisions.add(run.history().revision())));

    for (int i = 0; i < revisions.size(); i++) {
      assertThat(revisions.get(i)).isEqualTo(i + 1L);
    }
  }

  private RunDecision begin(RunPlan plan) {
    return machine.decide(Optional.empty(), new Planned(plan, Cause.REGISTERED), START);
  }

  private List<Taken> follow(Run begun, List<Step> history) {
    List<Taken> taken = new ArrayList<>();
    Run run = begun;
    Instant now = START;
    for (Step step : history) {
      now = now.plus(step.later());
      RunDecision decision = machine.decide(Optional.of(KeptRun.of(run)), step.event(), now);
      taken.add(new Taken(step, run, decision, now));
      run = decision.run().orElse(run);
    }
    return taken;
  }

  private static int endings(RunDecision decision) {
    return (int)
        decision.effects().stream()
            .filter(effect -> effect instanceof Publish || effect instanceof Reject)
            .count();
  }

  private static Run last(RunDecision begun, List<Taken> taken) {
    return taken.isEmpty()
        ? begun.run().orElseThrow()
        : taken.get(taken.size() - 1).decision().run().orElse(taken.get(taken.size() - 1).before());
  }

  private static List<Job> queued(RunDecision begun, List<Taken> taken) {
    List<RunEffect> effects = new ArrayList<>(begun.effects());
    taken.forEach(step -> effects.addAll(step.decision().effects()));
    return effects.stream()
        .filter(QueueJob.class::isInstance)
        .map(effect -> ((QueueJob) effect).job())
        .toList();
  }

  @Provide
  Arbitrary<RunPlan> plans() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 2),
            Arbitraries.integers().between(1, 3),
            Arbitraries.of(OnGateFailure.class))
        .as(RunMachineProperties::plan);
  }

  private static RunPlan plan(int stages, int attempts, OnGateFailure onGateFailure) {
    Policy policy =
        new Policy(
            "small",
            1,
            ANY,
            0,
            Map.of(),
            Collections.nCopies(stages, new StageSpec(StageKind.PRUNE, "{}")),
            List.of(new Gate("accuracy", GateRule.THRESHOLD, LEAST_ACCURACY)),
            onGateFailure,
            new Placement("default", 0),
            new RetryPolicy(
                attempts, Duration.ofSeconds(30), Duration.ofHours(6), Optional.empty()),
            7);
    return Samples.plan(model("net"), policy);
  }

  @Provide
  Arbitrary<List<Step>> histories() {
    Arbitrary<Duration> later = Arbitraries.integers().between(0, 900).map(Duration::ofSeconds);
    return Combinators.combine(events(), later).as(Step::new).list().ofMaxSize(40);
  }

  private static Arbitrary<RunEvent> events() {
    Arbitrary<StageAttempt> attempts =
        Combinators.combine(
                Arbitraries.integers().between(0, 1), Arbitraries.integers().between(1, 3))
            .as(StageAttempt::new);
    Arbitrary<RunEvent> reported =
        Combinators.combine(attempts, Arbitraries.of("w1", "w2"), reports())
            .as(
                (attempt, worker, report) ->
                    new Reported(attempt, new Reporter(worker, TOKEN), report));
    Arbitrary<RunEvent> timePassed =
        Arbitraries.integers().between(0, 3600).map(s -> new TimePassed(START.plusSeconds(s)));
    return Arbitraries.frequencyOf(
        Tuple.of(12, reported),
        Tuple.of(3, timePassed),
        Tuple.of(3, Arbitraries.just(new RetryRequested("me", "now"))),
        Tuple.of(1, Arbitraries.just(new CancelRequested("me", "no"))),
        Tuple.of(
            1, Arbitraries.just(new Planned(plan(1, 1, OnGateFailure.PUBLISH), Cause.REGISTERED))));
  }

  private static Arbitrary<WorkerReport> reports() {
    WorkerReport progressed =
        new WorkerReport.Progressed(new StageProgress("p", 1, 2, Optional.empty(), Map.of()));
    Arbitrary<WorkerReport> failed =
        Combinators.combine(Arbitraries.of(FailureKind.class), Arbitraries.of(true, true, false))
            .as((kind, retryable) -> new WorkerReport.Failed(kind, "because", retryable));
    Arbitrary<WorkerReport> succeeded =
        Arbitraries.of(0.4, 0.5, 0.6)
            .map(accuracy -> success("file:///models/net", accuracy(accuracy)));
    return Arbitraries.oneOf(
        Arbitraries.of(new WorkerReport.Started(1, "cpu"), progressed),
        failed,
        succeeded,
        succeeded);
  }

  private static Metric accuracy(double after) {
    return new Metric(
        "accuracy",
        "fraction",
        OptionalDouble.of(1),
        OptionalDouble.of(after),
        true,
        Optional.empty(),
        OptionalLong.empty());
  }
}
