package io.espalier.streams.domain.run;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.policy.GateResult;
import io.espalier.streams.domain.policy.GateWords;
import io.espalier.streams.domain.policy.Gates;
import io.espalier.streams.domain.policy.OnGateFailure;
import io.espalier.streams.domain.run.Effect.DeadLetter;
import io.espalier.streams.domain.run.Effect.EndJob;
import io.espalier.streams.domain.run.Effect.Publish;
import io.espalier.streams.domain.run.Effect.QueueJob;
import io.espalier.streams.domain.run.Effect.Reject;
import io.espalier.streams.domain.run.RunEvent.CancelRequested;
import io.espalier.streams.domain.run.RunEvent.Planned;
import io.espalier.streams.domain.run.RunEvent.Reported;
import io.espalier.streams.domain.run.RunEvent.TimePassed;
import io.espalier.streams.domain.run.RunState.BackingOff;
import io.espalier.streams.domain.run.RunState.Dispatched;
import io.espalier.streams.domain.run.RunState.Ended;
import io.espalier.streams.domain.run.RunState.Queued;
import io.espalier.streams.domain.run.RunState.Running;
import io.espalier.streams.domain.stage.FailureKind;
import io.espalier.streams.domain.stage.Progress;
import io.espalier.streams.domain.stage.Report.Failed;
import io.espalier.streams.domain.stage.Report.Succeeded;
import io.espalier.streams.domain.stage.StageAttempt;
import io.espalier.streams.domain.stage.StageOutcome;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What happens next to a run: a pure function of the run, an event and the time.
 *
 * <p>Every run reaches exactly one ending, and exactly one {@link Publish} or {@link Reject} leaves
 * it. Late, duplicate and foreign reports change nothing.
 */
public final class RunMachine {
  /*
   * A report may overtake the message that its job was released, since the two come by different
   * topics. So a report on the current attempt is believed while the job is queued, too; the message
   * then comes late and changes nothing. Once an attempt is given up it is closed: its number is the
   * run's until the back-off is over, but no report on it is awaited any more.
   */
  private final RunSettings settings;

  /** A machine for runs of one installation. */
  public RunMachine(RunSettings settings) {
    this.settings = settings;
  }

  /**
   * What the first event of a run means: a plan begins it; anything else is about a run that is not
   * known here, and changes nothing.
   */
  public Optional<Decision> begin(RunEvent event, Instant now) {
    return event instanceof Planned planned
        ? Optional.of(plan(planned.plan(), now))
        : Optional.empty();
  }

  /** What an event means for a run. */
  public Decision advance(Run run, RunEvent event, Instant now) {
    if (run.ended()) {
      return Decision.unchanged(run);
    }
    return event.match(
        planned -> Decision.unchanged(run),
        released ->
            run.state() instanceof Queued && run.attempt().equals(released.attempt())
                ? Decision.changed(run.to(new Dispatched(now), now))
                : Decision.unchanged(run),
        reported ->
            awaits(run, reported.attempt()) ? report(run, reported, now) : Decision.unchanged(run),
        cancel -> cancel(run, cancel, now),
        retry -> run.state() instanceof BackingOff ? retry(run, now) : Decision.unchanged(run),
        passed -> time(run, passed, now));
  }

  /**
   * When the passing of time alone will next mean something for a run; empty once it has ended.
   *
   * @param listeningSince since when reports would have been heard
   */
  public Optional<Instant> wakeAt(Run run, Instant listeningSince) {
    return run.state()
        .match(
            planned -> Optional.of(run.deadline()),
            queued -> Optional.of(run.deadline()),
            dispatched -> soonest(run, startBy(dispatched, listeningSince)),
            running -> soonest(run, silentAt(running, listeningSince)),
            backingOff -> soonest(run, backingOff.until()),
            ended -> Optional.empty());
  }

  private Decision plan(Plan plan, Instant now) {
    Run planned = Run.planned(plan, now);
    Run queued = planned.to(new Queued(), now);
    return new Decision(queued, List.of(planned, queued), List.of(new QueueJob(job(queued, now))));
  }

  private static boolean awaits(Run run, StageAttempt attempt) {
    return run.attempt().equals(attempt) && holdsJob(run);
  }

  private static boolean holdsJob(Run run) {
    return run.state().match(p -> false, q -> true, d -> true, r -> true, b -> false, e -> false);
  }

  private Decision report(Run run, Reported reported, Instant now) {
    return reported
        .report()
        .match(
            started ->
                Decision.changed(
                    run.to(new Running(reported.workerId(), now, Optional.empty()), now)),
            progressed -> progress(run, reported.workerId(), progressed.progress(), now),
            succeeded -> succeed(run, succeeded, now),
            failed -> fail(run, failed, now));
  }

  private static Decision progress(Run run, String workerId, Progress progress, Instant now) {
    boolean foreign =
        run.state() instanceof Running running && !running.workerId().equals(workerId);
    return foreign
        ? Decision.unchanged(run)
        : Decision.changed(run.to(new Running(workerId, now, Optional.of(progress)), now));
  }

  private Decision succeed(Run run, Succeeded succeeded, Instant now) {
    Run done =
        run.with(
            new StageOutcome(
                run.stage().kind(),
                run.attempt().attempt(),
                succeeded.output(),
                succeeded.report()));
    if (!run.atLastStage()) {
      return queue(done.at(run.attempt().nextStage()), List.of(endJob(run)), now);
    }
    List<GateResult> gates = Gates.evaluate(run.policy().gates(), done.outcomes());
    String missed =
        gates.stream()
            .filter(gate -> !gate.passed())
            .map(gate -> GateWords.of(gate, Gates.metrics(done.outcomes())))
            .collect(Collectors.joining("; "));
    return missed.isEmpty() || run.policy().onGateFailure() == OnGateFailure.PUBLISH
        ? end(done, new Ended(Ending.PUBLISHED, missed, gates), now)
        : end(done, new Ended(Ending.MISSED_GATE, "missed " + missed, gates), now);
  }

  private Decision fail(Run run, Failed failed, Instant now) {
    if (failed.retryable()) {
      return retryLater(run, failed.kind(), failed.message(), now);
    }
    return end(run, ended(ending(failed.kind()), failed.message()), now);
  }

  private Decision retryLater(Run run, FailureKind kind, String message, Instant now) {
    if (!run.mayRetry()) {
      String used =
          "%s failed, and %d is all the policy allows: %s"
              .formatted(run.attempt(), run.policy().effort().maxAttempts(), message);
      return end(run, ended(ending(kind), used), now);
    }
    Instant until = now.plus(run.policy().effort().backoffAfter(run.attempt().attempt()));
    return Decision.changed(run.to(new BackingOff(until, message), now), endJob(run));
  }

  private static Ending ending(FailureKind kind) {
    return switch (kind) {
      case INVALID_INPUT -> Ending.INVALID;
      case INFEASIBLE -> Ending.INFEASIBLE;
      case CANCELLED -> Ending.CANCELLED;
      case RESOURCE, DEADLINE, INTERNAL -> Ending.FAILED;
    };
  }

  private Decision cancel(Run run, CancelRequested cancel, Instant now) {
    String message = "cancelled by %s: %s".formatted(cancel.by(), cancel.reason());
    return end(run, ended(Ending.CANCELLED, message), now);
  }

  private Decision retry(Run run, Instant now) {
    return queue(run.at(run.attempt().again()), List.of(), now);
  }

  private Decision time(Run run, TimePassed passed, Instant now) {
    if (!now.isBefore(run.deadline())) {
      String message =
          "not finished within %s; it was at %s, %s"
              .formatted(run.policy().effort().deadline(), run.attempt(), nameOf(run.state()));
      return end(run, ended(Ending.FAILED, message), now);
    }
    if (now.isBefore(wakeAt(run, passed.listeningSince()).orElse(Instant.MAX))) {
      return Decision.unchanged(run);
    }
    return run.state()
        .match(
            planned -> Decision.unchanged(run),
            queued -> Decision.unchanged(run),
            dispatched -> lost(run, "no worker began within " + settings.startTimeout(), now),
            running ->
                lost(
                    run,
                    "worker %s was silent for %s"
                        .formatted(running.workerId(), settings.silenceTimeout()),
                    now),
            backingOff -> retry(run, now),
            ended -> Decision.unchanged(run));
  }

  private Decision lost(Run run, String message, Instant now) {
    return retryLater(run, FailureKind.RESOURCE, message, now);
  }

  private Decision queue(Run run, List<Effect> before, Instant now) {
    Run queued = run.to(new Queued(), now);
    List<Effect> effects = new ArrayList<>(before);
    effects.add(new QueueJob(job(queued, now)));
    return new Decision(queued, List.of(queued), effects);
  }

  private static Decision end(Run run, Ended ending, Instant now) {
    Run ended = run.to(ending, now);
    List<Effect> effects = new ArrayList<>();
    if (holdsJob(run)) {
      effects.add(endJob(run));
    }
    effects.add(ending.ending() == Ending.PUBLISHED ? new Publish(ended) : new Reject(ended));
    if (ending.ending() == Ending.FAILED) {
      effects.add(new DeadLetter(ended));
    }
    return new Decision(ended, List.of(ended), effects);
  }

  private static Ended ended(Ending ending, String message) {
    return new Ended(ending, message, List.of());
  }

  private static EndJob endJob(Run run) {
    return new EndJob(run.policy().placement().pool(), run.jobId());
  }

  private Job job(Run run, Instant now) {
    return Jobs.of(run, settings.artifactsBase(), now);
  }

  private Instant startBy(Dispatched dispatched, Instant listeningSince) {
    return later(dispatched.since(), listeningSince).plus(settings.startTimeout());
  }

  private Instant silentAt(Running running, Instant listeningSince) {
    return later(running.heardAt(), listeningSince).plus(settings.silenceTimeout());
  }

  private static Optional<Instant> soonest(Run run, Instant instant) {
    return Optional.of(instant.isBefore(run.deadline()) ? instant : run.deadline());
  }

  private static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }

  private static String nameOf(RunState state) {
    return state.match(
        p -> "planned",
        q -> "queued",
        d -> "dispatched",
        r -> "running on " + r.workerId(),
        b -> "backing off: " + b.reason(),
        e -> "ended");
  }
}
