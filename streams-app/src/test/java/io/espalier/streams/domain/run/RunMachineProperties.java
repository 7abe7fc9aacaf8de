package io.espalier.streams.domain.run;

import static io.espalier.streams.domain.Samples.ANY;
import static io.espalier.streams.domain.Samples.START;
import static io.espalier.streams.domain.Samples.model;
import static io.espalier.streams.domain.Samples.success;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.PropertySeed;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.policy.Effort;
import io.espalier.streams.domain.policy.Gate;
import io.espalier.streams.domain.policy.GateRule;
import io.espalier.streams.domain.policy.OnGateFailure;
import io.espalier.streams.domain.policy.Placement;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.domain.run.Effect.DeadLetter;
import io.espalier.streams.domain.run.Effect.EndJob;
import io.espalier.streams.domain.run.Effect.Publish;
import io.espalier.streams.domain.run.Effect.QueueJob;
import io.espalier.streams.domain.run.Effect.Reject;
import io.espalier.streams.domain.run.RunEvent.CancelRequested;
import io.espalier.streams.domain.run.RunEvent.Planned;
import io.espalier.streams.domain.run.RunEvent.Released;
import io.espalier.streams.domain.run.RunEvent.Reported;
import io.espalier.streams.domain.run.RunEvent.RetryRequested;
import io.espalier.streams.domain.run.RunEvent.TimePassed;
import io.espalier.streams.domain.stage.FailureKind;
import io.espalier.streams.domain.stage.Metric;
import io.espalier.streams.domain.stage.Progress;
import io.espalier.streams.domain.stage.Report;
import io.espalier.streams.domain.stage.StageAttempt;
import io.espalier.streams.domain.stage.StageKind;
import io.espalier.streams.domain.stage.StageSpec;
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

  private final RunMachine machine = new RunMachine(RunSettings.under("file:///artifacts"));

  /** An event and the time since the one before. */
  record Step(RunEvent event, Duration later) {}

  /** A step, the run before it and what was decided. */
  record Taken(Step step, Run before, Decision decision, Instant at) {}

  @Property(seed = PropertySeed.FIXED)
  void no_history_leads_to_two_endings(
      @ForAll("plans") Plan plan, @ForAll("histories") List<Step> history) {
    Decision begun = begin(plan);

    List<Taken> taken = follow(begun.run(), history);

    Run last = last(begun, taken);
    long terminal = count(taken, Publish.class) + count(taken, Reject.class);
    assertThat(terminal).isEqualTo(last.ended() ? 1 : 0);
    assertThat(count(taken, DeadLetter.class)).isLessThanOrEqualTo(count(taken, Reject.class));
  }

  @Property(seed = PropertySeed.FIXED)
  void an_ended_run_never_changes(
      @ForAll("plans") Plan plan, @ForAll("histories") List<Step> history) {
    Run cancelled =
        machine.advance(begin(plan).run(), new CancelRequested("me", "no"), START).run();

    List<Taken> taken = follow(cancelled, history);

    assertThat(cancelled.ended()).isTrue();
    assertThat(taken)
        .allSatisfy(
            step -> {
              assertThat(step.decision().changed()).isFalse();
              assertThat(step.decision().run()).isSameAs(cancelled);
              assertThat(step.decision().effects()).isEmpty();
            });
  }

  @Property(seed = PropertySeed.FIXED)
  void no_history_takes_more_attempts_than_allowed_and_no_attempt_twice(
      @ForAll("plans") Plan plan, @ForAll("histories") List<Step> history) {
    Decision begun = begin(plan);

    List<Taken> taken = follow(begun.run(), history);

    List<JobId> queued = queued(begun, taken);
    assertThat(queued).doesNotHaveDuplicates();
    assertThat(queued)
        .allSatisfy(
            job ->
                assertThat(job.attempt().attempt())
                    .isBetween(1, plan.policy().effort().maxAttempts()));
  }

  @Property(seed = PropertySeed.FIXED)
  void a_run_has_one_job_at_a_time_and_ends_each_that_it_queued(
      @ForAll("plans") Plan plan, @ForAll("histories") List<Step> history) {
    Decision begun = begin(plan);
    Set<JobId> open = new HashSet<>(Set.of(begun.run().jobId()));
    for (Taken taken : follow(begun.run(), history)) {
      for (Effect effect : taken.decision().effects()) {
        if (effect instanceof QueueJob queue) {
          assertThat(open).isEmpty();
          open.add(queue.job().id());
        } else if (effect instanceof EndJob end) {
          assertThat(open.remove(end.job())).as("%s was open", end.job()).isTrue();
        }
      }
      assertThat(taken.decision().run().ended() && !open.isEmpty()).isFalse();
    }
  }

  @Property(seed = PropertySeed.FIXED)
  void a_report_on_anything_but_the_current_attempt_changes_nothing(
      @ForAll("plans") Plan plan, @ForAll("histories") List<Step> history) {
    Decision begun = begin(plan);

    List<Taken> taken = follow(begun.run(), history);

    assertThat(taken)
        .filteredOn(step -> step.step().event() instanceof Reported)
        .filteredOn(
            step -> !((Reported) step.step().event()).attempt().equals(step.before().attempt()))
        .allSatisfy(step -> assertThat(step.decision().changed()).isFalse());
  }

  @Property(seed = PropertySeed.FIXED)
  void nothing_is_published_that_misses_a_gate_unless_the_policy_says_so(
      @ForAll("plans") Plan plan, @ForAll("histories") List<Step> history) {
    Decision begun = begin(plan);

    Run last = last(begun, follow(begun.run(), history));

    if (last.state() instanceof RunState.Ended ended && ended.ending() == Ending.PUBLISHED) {
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
  void every_history_is_over_when_the_deadline_has_come(
      @ForAll("plans") Plan plan, @ForAll("histories") List<Step> history) {
    Decision begun = begin(plan);
    Run last = last(begun, follow(begun.run(), history));
    Instant awake = machine.wakeAt(last, START).orElse(last.deadline());

    Run over = machine.advance(last, new TimePassed(START), last.deadline()).run();

    assertThat(awake).isBeforeOrEqualTo(last.deadline());
    assertThat(over.ended()).isTrue();
  }

  @Property(seed = PropertySeed.FIXED)
  void every_change_has_the_next_revision(
      @ForAll("plans") Plan plan, @ForAll("histories") List<Step> history) {
    Decision begun = begin(plan);
    List<Long> revisions = new ArrayList<>();
    begun.changes().forEach(run -> revisions.add(run.revision()));

    follow(begun.run(), history)
        .forEach(taken -> taken.decision().changes().forEach(run -> revisions.add(run.revision())));

    for (int i = 0; i < revisions.size(); i++) {
      assertThat(revisions.get(i)).isEqualTo(i + 1L);
    }
  }

  private Decision begin(Plan plan) {
    return machine.begin(new Planned(plan), START).orElseThrow();
  }

  private List<Taken> follow(Run begun, List<Step> history) {
    List<Taken> taken = new ArrayList<>();
    Run run = begun;
    Instant now = START;
    for (Step step : history) {
      now = now.plus(step.later());
      Decision decision = machine.advance(run, step.event(), now);
      taken.add(new Taken(step, run, decision, now));
      run = decision.run();
    }
    return taken;
  }

  private static Run last(Decision begun, List<Taken> taken) {
    return taken.isEmpty() ? begun.run() : taken.get(taken.size() - 1).decision().run();
  }

  private static long count(List<Taken> taken, Class<? extends Effect> kind) {
    return taken.stream()
        .flatMap(step -> step.decision().effects().stream())
        .filter(kind::isInstance)
        .count();
  }

  private static List<JobId> queued(Decision begun, List<Taken> taken) {
    List<Effect> effects = new ArrayList<>(begun.effects());
    taken.forEach(step -> effects.addAll(step.decision().effects()));
    return effects.stream()
        .filter(QueueJob.class::isInstance)
        .map(effect -> ((QueueJob) effect).job().id())
        .toList();
  }

  @Provide
  Arbitrary<Plan> plans() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 2),
            Arbitraries.integers().between(1, 3),
            Arbitraries.of(OnGateFailure.class))
        .as(RunMachineProperties::plan);
  }

  private static Plan plan(int stages, int attempts, OnGateFailure onGateFailure) {
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
            new Effort(attempts, Duration.ofSeconds(30), Duration.ofHours(6)),
            7);
    return new Plan(model("net"), policy, "trace");
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
        Combinators.combine(attempts, Arbitraries.of("w1", "w2"), reports()).as(Reported::new);
    Arbitrary<RunEvent> timePassed =
        Arbitraries.integers().between(0, 3600).map(s -> new TimePassed(START.plusSeconds(s)));
    return Arbitraries.frequencyOf(
        Tuple.of(12, reported),
        Tuple.of(3, attempts.map(Released::new)),
        Tuple.of(3, timePassed),
        Tuple.of(3, Arbitraries.just(new RetryRequested("me", "now"))),
        Tuple.of(1, Arbitraries.just(new CancelRequested("me", "no"))),
        Tuple.of(1, Arbitraries.just(new Planned(plan(1, 1, OnGateFailure.PUBLISH)))));
  }

  private static Arbitrary<Report> reports() {
    Report progressed = new Report.Progressed(new Progress("p", 1, 2, Optional.empty(), Map.of()));
    Arbitrary<Report> failed =
        Combinators.combine(Arbitraries.of(FailureKind.class), Arbitraries.of(true, true, false))
            .as((kind, retryable) -> new Report.Failed(kind, "because", retryable));
    Arbitrary<Report> succeeded =
        Arbitraries.of(0.4, 0.5, 0.6).map(accuracy -> success(accuracy(accuracy)));
    return Arbitraries.oneOf(
        Arbitraries.of(new Report.Started(1, "cpu"), progressed), failed, succeeded, succeeded);
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
