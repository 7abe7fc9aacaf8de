package io.espalier.streams.domain.run;

import io.espalier.streams.domain.DurationWords;
import io.espalier.streams.domain.run.KeptRun.Going;
import io.espalier.streams.domain.run.KeptRun.Over;
import io.espalier.streams.domain.run.KeptRun.Unpublished;
import io.espalier.streams.domain.run.RunEffect.AnswerRegistration;
import io.espalier.streams.domain.run.RunEvent.CancelRequested;
import io.espalier.streams.domain.run.RunEvent.Cause;
import io.espalier.streams.domain.run.RunEvent.Planned;
import io.espalier.streams.domain.run.RunEvent.RetryRequested;
import io.espalier.streams.domain.run.RunEvent.TimePassed;
import io.espalier.streams.domain.run.RunState.BackingOff;
import io.espalier.streams.domain.run.RunState.Ended;
import io.espalier.streams.domain.run.RunState.Queued;
import io.espalier.streams.domain.run.RunState.Running;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Next step of a run: a pure function of what is kept of it, an event and the time.
 *
 * <p>Each time that a run is opened it reaches exactly one ending, and exactly one {@link
 * Effect.Publish} or {@link RunEffect.Reject} leaves it; one that has published is never opened
 * again.
 */
public final class RunMachine {
  /*
   * A command lies in a durable queue that delivers it again by itself when its worker is lost. So
   * time alone never makes a second command of a stage: only a reported end of the last attempt
   * does. Deadlines bound the time that workers work, as far as they were heard of; neither waiting
   * nor silence counts, since nobody's work takes it. What was reported before a deadline must have
   * been heard before it is judged, or a coordinator that was away would end what is done.
   */
  private final RunSteps steps;
  private final ReportHandling reports;
  private final RunSettings settings;
  private final Supplier<String> tokens;

  /**
   * A machine for runs of one installation.
   *
   * @param tokens random tokens that nobody can guess
   */
  public RunMachine(RunSettings settings, Supplier<String> tokens) {
    this.settings = settings;
    this.tokens = tokens;
    steps = new RunSteps(new JobWriter(settings.artifactsBase(), settings.references()), tokens);
    reports = new ReportHandling(steps, settings);
  }

  /** Returns what an event means for a run of which this is kept, or nothing yet. */
  public RunDecision decide(Optional<KeptRun> kept, RunEvent event, Instant now) {
    if (kept.isEmpty()) {
      return event instanceof Planned planned ? begin(planned.plan(), now) : RunDecision.over();
    }
    if (kept.get() instanceof Going going) {
      return advance(going.run(), event, now);
    } else if (kept.get() instanceof Unpublished ended) {
      return afterEnd(ended.run(), event, now);
    }
    return event instanceof Planned planned && answered(planned)
        ? RunDecision.over(answer((Over) kept.get(), planned.plan()))
        : RunDecision.over();
  }

  /**
   * Returns when the passing of time alone will next mean something for a run; empty if it never
   * will.
   */
  public Optional<Instant> wakeAt(Run run) {
    return run.state()
        .match(
            queued -> run.policy().effort().queueTimeout().map(queued.since()::plus),
            running -> Optional.of(deadline(run, running)),
            backingOff -> Optional.of(backingOff.until()),
            ended -> Optional.empty());
  }

  /** Nobody has asked again where a model is only looked at again. */
  private static boolean answered(Planned planned) {
    return planned.cause() != Cause.LOOKED_AT_AGAIN;
  }

  private RunDecision begin(RunPlan plan, Instant now) {
    Run run =
        new Run(
            plan.runId(),
            plan,
            new Queued(now),
            RunAttempts.first(tokens.get()),
            List.of(),
            RunHistory.begun(now));
    return steps.queue(run, List.of(), now);
  }

  private RunDecision advance(Run run, RunEvent event, Instant now) {
    return event.match(
        planned ->
            answered(planned)
                ? RunDecision.unchanged(run, alreadyRunning(run, planned.plan()))
                : RunDecision.unchanged(run),
        reported -> reports.advance(run, reported, now),
        cancel -> cancel(run, cancel, now),
        retry -> run.state() instanceof BackingOff ? again(run, now) : RunDecision.unchanged(run),
        passed -> time(run, passed, now));
  }

  private RunDecision again(Run run, Instant now) {
    return steps.queue(run.with(run.attempts().again()), List.of(), now);
  }

  private RunDecision cancel(Run run, CancelRequested cancel, Instant now) {
    String message = "cancelled by %s: %s".formatted(cancel.by(), cancel.reason());
    return steps.end(run, RunSteps.ended(RunEnding.CANCELLED, message), now);
  }

  private RunDecision time(Run run, TimePassed passed, Instant now) {
    Instant due = wakeAt(run).orElse(Instant.MAX);
    if (now.isBefore(due)) {
      return RunDecision.unchanged(run);
    }
    boolean heard = !passed.heardUntil().isBefore(due);
    return run.state()
        .match(
            queued -> heard ? waitedTooLong(run, now) : RunDecision.unchanged(run),
            running ->
                heard && !silent(running, now) ? outOfTime(run, now) : RunDecision.unchanged(run),
            backingOff -> again(run, now),
            ended -> RunDecision.unchanged(run));
  }

  private RunDecision waitedTooLong(Run run, Instant now) {
    String message =
        "%s waited for a worker of pool '%s' for %s, which is the policy's queueTimeout; are there workers?"
            .formatted(
                run.attempt(),
                run.policy().placement().pool(),
                DurationWords.of(run.policy().effort().queueTimeout().orElse(Duration.ZERO)));
    return steps.end(run, RunSteps.ended(RunEnding.FAILED, message), now);
  }

  private RunDecision outOfTime(Run run, Instant now) {
    String message =
        "workers worked on it for %s, which is the policy's deadline; it was at %s, running on %s"
            .formatted(
                DurationWords.of(run.policy().effort().deadline()),
                run.attempt(),
                ((Running) run.state()).workerId());
    return steps.end(run, RunSteps.ended(RunEnding.FAILED, message), now);
  }

  private boolean silent(Running running, Instant now) {
    return !now.isBefore(running.heardAt().plus(settings.silence()));
  }

  private static Instant deadline(Run run, Running running) {
    return running.since().plus(run.policy().effort().deadline()).minus(run.history().worked());
  }

  private RunDecision afterEnd(Run run, RunEvent event, Instant now) {
    if (event instanceof Planned planned) {
      return answered(planned) ? registeredAgain(run, planned, now) : RunDecision.over();
    }
    return event instanceof RetryRequested ? reopen(run, now) : RunDecision.over();
  }

  private RunDecision registeredAgain(Run run, Planned planned, Instant now) {
    Ended ended = (Ended) run.state();
    if (!planned.plan().registersTheSame(run.plan())) {
      Run anew =
          new Run(
              run.id(),
              planned.plan(),
              run.state(),
              run.attempts().backTo(0, tokens.get()),
              List.of(),
              run.history().rested());
      return steps.queue(anew, List.of(reopened(planned.plan(), "with other files or data")), now);
    }
    if (planned.cause() == Cause.REPLAYED) {
      return withAnswer(
          reopen(run, now), reopened(planned.plan(), "since its dead letter was replayed"));
    }
    String message =
        "run %s has ended as %s: %s. Nothing in the registration has changed; `espalier runs retry %s` runs it again"
            .formatted(run.id(), ended.ending(), ended.message(), run.id());
    return RunDecision.over(
        new AnswerRegistration(planned.plan(), RegistrationOutcome.ALREADY_ENDED, message));
  }

  /** From the stage that failed; from the first if all of them are done and a gate was missed. */
  private RunDecision reopen(Run run, Instant now) {
    boolean missedGate = run.outcomes().size() == run.policy().stages().size();
    Run open =
        missedGate
            ? run.with(List.of()).with(run.attempts().backTo(0, tokens.get()))
            : run.with(run.attempts().afresh());
    return steps.queue(open.with(run.history().rested()), List.of(), now);
  }

  private static RunDecision withAnswer(RunDecision decision, AnswerRegistration answer) {
    List<RunEffect> effects = new ArrayList<>(decision.effects());
    effects.add(answer);
    return new RunDecision(decision.run(), decision.change(), effects);
  }

  private static AnswerRegistration reopened(RunPlan plan, String why) {
    return new AnswerRegistration(
        plan, RegistrationOutcome.REOPENED, "run %s begins anew %s".formatted(plan.runId(), why));
  }

  private static AnswerRegistration alreadyRunning(Run run, RunPlan again) {
    String difference =
        again.registersTheSame(run.plan())
            ? ""
            : " with other files or data than this registration has; cancel it and register again"
                + " to change that";
    return new AnswerRegistration(
        again,
        RegistrationOutcome.ALREADY_RUNNING,
        "run %s goes on%s".formatted(run.id(), difference));
  }

  private static AnswerRegistration answer(Over over, RunPlan again) {
    boolean published = over.ending() == RunEnding.PUBLISHED;
    String message =
        published
            ? over.artifact()
                .map(
                    artifact ->
                        "already published as %s by run %s".formatted(artifact.uri(), over.id()))
                .orElse("already published by run %s".formatted(over.id()))
            : "run %s has ended as %s".formatted(over.id(), over.ending());
    return new AnswerRegistration(
        again,
        published ? RegistrationOutcome.ALREADY_PUBLISHED : RegistrationOutcome.ALREADY_ENDED,
        message);
  }
}
