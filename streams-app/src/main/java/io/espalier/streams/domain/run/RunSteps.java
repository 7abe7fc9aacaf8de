package io.espalier.streams.domain.run;

import io.espalier.streams.domain.run.RunEffect.CloseCommands;
import io.espalier.streams.domain.run.RunEffect.DeadLetter;
import io.espalier.streams.domain.run.RunEffect.EndJob;
import io.espalier.streams.domain.run.RunEffect.Publish;
import io.espalier.streams.domain.run.RunEffect.QueueJob;
import io.espalier.streams.domain.run.RunEffect.Reject;
import io.espalier.streams.domain.run.RunState.Ended;
import io.espalier.streams.domain.run.RunState.Queued;
import io.espalier.streams.domain.run.RunState.Running;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * The steps that a run takes, whatever led to them.
 *
 * @param jobs writes jobs
 * @param tokens random tokens
 */
record RunSteps(JobWriter jobs, Supplier<String> tokens) {
  /** Its current attempt waits for a worker. */
  RunDecision queue(Run run, List<RunEffect> others, Instant now) {
    Run queued = run.to(new Queued(now), now);
    List<RunEffect> effects = new ArrayList<>(others);
    effects.add(new QueueJob(jobs.of(queued, now)));
    return RunDecision.changed(queued, effects);
  }

  /** The following stage's first attempt waits for a worker. */
  RunDecision nextStage(Run run, List<RunEffect> others, Instant now) {
    return queue(run.with(run.attempts().nextStage(tokens.get())), others, now);
  }

  /** It ends. */
  RunDecision end(Run run, Ended ending, Instant now) {
    Run ended = worked(run).to(ending, now);
    List<RunEffect> effects = new ArrayList<>(leaveStage(run, ending.message()));
    effects.add(ending.ending() == RunEnding.PUBLISHED ? new Publish(ended) : new Reject(ended));
    if (ending.ending() == RunEnding.FAILED) {
      effects.add(new DeadLetter(ended));
    }
    return RunDecision.changed(ended, effects);
  }

  /** No command of it is awaited any more, and its job leaves the pool. */
  List<RunEffect> leaveStage(Run run, String reason) {
    String why = reason.isEmpty() ? "its run has gone on" : reason;
    CloseCommands close =
        new CloseCommands(run.id(), run.attempts().sequence(), OptionalLong.empty(), why);
    return holdsJob(run) ? List.of(endJob(run), close) : List.of(close);
  }

  static EndJob endJob(Run run) {
    return new EndJob(run.policy().placement().pool(), run.jobId());
  }

  static boolean holdsJob(Run run) {
    return run.state() instanceof Queued || run.state() instanceof Running;
  }

  /** The work of its present worker counts from now on. */
  static Run worked(Run run) {
    Duration more = run.state() instanceof Running at ? at.worked() : Duration.ZERO;
    return run.with(run.history().worked(more));
  }

  static Ended ended(RunEnding ending, String message) {
    return new Ended(ending, message, List.of());
  }
}
