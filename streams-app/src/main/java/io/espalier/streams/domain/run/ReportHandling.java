package io.espalier.streams.domain.run;

import io.espalier.gate.GateResult;
import io.espalier.gate.GateWords;
import io.espalier.streams.domain.policy.Gates;
import io.espalier.streams.domain.policy.OnGateFailure;
import io.espalier.streams.domain.run.RunEffect.CloseCommands;
import io.espalier.streams.domain.run.RunEvent.Reported;
import io.espalier.streams.domain.run.RunState.BackingOff;
import io.espalier.streams.domain.run.RunState.Ended;
import io.espalier.streams.domain.run.RunState.Queued;
import io.espalier.streams.domain.run.RunState.Running;
import io.espalier.streams.domain.stage.FailureKind;
import io.espalier.streams.domain.stage.StageAttempt;
import io.espalier.streams.domain.stage.StageOutcome;
import io.espalier.streams.domain.stage.StageProgress;
import io.espalier.streams.domain.stage.WorkerReport.Failed;
import io.espalier.streams.domain.stage.WorkerReport.Succeeded;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * Meaning of workers' reports for a run.
 *
 * <p>A success of any attempt of the current stage counts: the work is the same. A sign of work on
 * an older attempt takes the run back to that attempt, since somebody does the work already. A
 * failure counts only from the worker that is at it: the command of one that has lost it is with
 * another. A stage whose commands were delivered again too often ends its run: whatever takes its
 * workers away would go on doing so.
 */
final class ReportHandling {
  private final RunSteps steps;
  private final RunSettings settings;

  ReportHandling(RunSteps steps, RunSettings settings) {
    this.steps = steps;
    this.settings = settings;
  }

  RunDecision advance(Run run, Reported reported, Instant now) {
    if (!run.attempts().include(reported.attempt())) {
      return RunDecision.unchanged(run);
    }
    return reported
        .report()
        .match(
            started -> start(run, reported, started.delivery(), now),
            progressed -> progress(run, reported, progressed.progress(), now),
            succeeded -> succeed(run, reported, succeeded, now),
            failed ->
                countsFrom(run, reported) ? fail(run, failed, now) : RunDecision.unchanged(run));
  }

  private RunDecision start(Run run, Reported reported, int delivery, Instant now) {
    boolean other = !reported.attempt().equals(run.attempt());
    if (run.state() instanceof Running && other) {
      return RunDecision.unchanged(run); // this one is closed, or the run would be at it
    }
    Run begun = run.with(run.attempts().delivered(reported.attempt(), delivery));
    return begun.attempts().deliveries().repeated() > settings.mostRedeliveries()
        ? steps.end(begun, RunSteps.ended(RunEnding.FAILED, lostTooOften(begun)), now)
        : adopt(begun, reported, Optional.empty(), now);
  }

  private String lostTooOften(Run run) {
    return "%s: workers died at it, lost it or were shut down %d times in all attempts at the stage, and at most %d times are allowed. Look at their logs for this run, and at their memory; `espalier runs retry %s` runs it again"
        .formatted(
            run.attempt(),
            run.attempts().deliveries().repeated(),
            settings.mostRedeliveries(),
            run.id());
  }

  private RunDecision progress(Run run, Reported reported, StageProgress progress, Instant now) {
    if (!(run.state() instanceof Running running)) {
      return adopt(run, reported, Optional.of(progress), now);
    }
    return isAtWork(run, running, reported)
        ? RunDecision.heard(
            run.hearing(
                new Running(running.workerId(), began(running, now), now, Optional.of(progress))))
        : RunDecision.unchanged(run);
  }

  /**
   * Returns when the work would have begun if nothing but work had passed since: silence is none,
   * and a clock that was set forward or back has not worked either.
   */
  private Instant began(Running running, Instant now) {
    Duration passed = Duration.between(running.heardAt(), now);
    boolean worked = !passed.isNegative() && passed.compareTo(settings.silence()) <= 0;
    return worked ? running.since() : running.since().plus(passed);
  }

  /** The run is where this worker is. */
  private static RunDecision adopt(
      Run run, Reported reported, Optional<StageProgress> progress, Instant now) {
    Running running = new Running(reported.from().workerId(), now, now, progress);
    Run before = RunSteps.worked(run);
    Run adopted =
        before.with(before.attempts().at(reported.attempt())).with(before.history().started(now));
    return RunDecision.changed(adopted.to(running, now), overtaken(run, reported.attempt()));
  }

  /** Returns what becomes of the stage's other attempts when work on one of them is seen. */
  private static List<RunEffect> overtaken(Run run, StageAttempt atWork) {
    RunAttempts attempts = run.attempts();
    List<RunEffect> effects = new ArrayList<>();
    if (run.state() instanceof Queued && !atWork.equals(run.attempt())) {
      effects.add(RunSteps.endJob(run));
    }
    long sequence = attempts.sequenceOf(atWork);
    boolean newest = atWork.attempt() == attempts.highest();
    if (!newest) {
      effects.add(
          new CloseCommands(
              run.id(),
              attempts.sequence(),
              OptionalLong.of(sequence),
              "an earlier attempt is at work"));
    } else if (atWork.attempt() > attempts.offset() + 1) {
      effects.add(
          new CloseCommands(
              run.id(), sequence - 1, OptionalLong.empty(), "a later attempt is at work"));
    }
    return effects;
  }

  private static boolean isAtWork(Run run, Running running, Reported reported) {
    return reported.attempt().equals(run.attempt())
        && reported.from().workerId().equals(running.workerId());
  }

  private static boolean countsFrom(Run run, Reported reported) {
    if (run.state() instanceof Running running) {
      return isAtWork(run, running, reported);
    }
    return run.state() instanceof Queued && reported.attempt().equals(run.attempt());
  }

  private RunDecision succeed(Run run, Reported reported, Succeeded succeeded, Instant now) {
    new ResultCheck(steps.jobs(), run).require(reported, succeeded.output());
    Run begun = run.with(run.history().started(now));
    StageOutcome outcome =
        new StageOutcome(
            run.stage().kind(), run.attempts().counted(), succeeded.output(), succeeded.report());
    if (!run.atLastStage()) {
      StageOutcome unlisted =
          new StageOutcome(
              outcome.kind(), outcome.attempts(), outcome.output().unlisted(), outcome.report());
      return steps.nextStage(
          RunSteps.worked(begun).with(unlisted), steps.leaveStage(run, "the stage is done"), now);
    }
    return judge(begun.with(outcome), now);
  }

  private RunDecision judge(Run done, Instant now) {
    List<GateResult> gates = Gates.evaluate(done.policy().gates(), done.outcomes());
    String missed =
        gates.stream()
            .filter(gate -> !gate.passed())
            .map(gate -> GateWords.of(gate, Gates.gated(done.outcomes())))
            .collect(Collectors.joining("; "));
    return missed.isEmpty() || done.policy().onGateFailure() == OnGateFailure.PUBLISH
        ? steps.end(done, new Ended(RunEnding.PUBLISHED, missed, gates), now)
        : steps.end(done, new Ended(RunEnding.MISSED_GATE, "missed " + missed, gates), now);
  }

  private RunDecision fail(Run run, Failed failed, Instant now) {
    if (!failed.retryable()) {
      return steps.end(run, RunSteps.ended(ending(failed.kind()), failed.message()), now);
    }
    if (!run.mayRetry()) {
      String used =
          "%s failed, and %d is all the policy allows: %s"
              .formatted(run.attempt(), run.policy().effort().maxAttempts(), failed.message());
      return steps.end(run, RunSteps.ended(ending(failed.kind()), used), now);
    }
    Instant until = now.plus(run.policy().effort().backoffAfter(run.attempts().counted()));
    Run waiting = RunSteps.worked(run).to(new BackingOff(until, failed.message()), now);
    return RunDecision.changed(waiting, RunSteps.endJob(run));
  }

  private static RunEnding ending(FailureKind kind) {
    return switch (kind) {
      case INVALID_INPUT -> RunEnding.INVALID;
      case INFEASIBLE -> RunEnding.INFEASIBLE;
      case CANCELLED -> RunEnding.CANCELLED;
      case RESOURCE, DEADLINE, INTERNAL -> RunEnding.FAILED;
    };
  }
}
