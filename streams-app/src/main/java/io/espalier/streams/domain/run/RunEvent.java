package io.espalier.streams.domain.run;

import io.espalier.streams.domain.stage.StageAttempt;
import io.espalier.streams.domain.stage.WorkerReport;
import java.time.Instant;
import java.util.function.Function;

/** Event of a run. */
public sealed interface RunEvent {
  /**
   * A policy matched a model.
   *
   * @param plan what to do
   * @param cause how it came to that
   */
  record Planned(RunPlan plan, Cause cause) implements RunEvent {}

  /** Cause of a policy's match with a model. */
  enum Cause {
    /** The model was registered. */
    REGISTERED,
    /** Its registration comes from the dead letters: a run that has failed begins anew. */
    REPLAYED,
    /** It is looked at again, in case it was registered just before a policy became known here. */
    LOOKED_AT_AGAIN
  }

  /**
   * A worker reports.
   *
   * @param attempt what it reports on
   * @param from who reports
   * @param report what it says
   */
  record Reported(StageAttempt attempt, Reporter from, WorkerReport report) implements RunEvent {}

  /**
   * Reporter.
   *
   * @param workerId the worker
   * @param token the token of the command that it has; empty if the command had none
   */
  record Reporter(String workerId, String token) {}

  /**
   * Somebody wants it stopped.
   *
   * @param by who
   * @param reason why, in words
   */
  record CancelRequested(String by, String reason) implements RunEvent {}

  /**
   * Somebody wants it run again: without waiting for the back-off, or although it has ended without
   * a pruned model.
   *
   * @param by who
   * @param reason why, in words
   */
  record RetryRequested(String by, String reason) implements RunEvent {}

  /**
   * Time has passed.
   *
   * @param heardUntil everything that was reported before this time has been heard; what was not
   *     heard until then did not happen until then
   */
  record TimePassed(Instant heardUntil) implements RunEvent {}

  /** The result of the function for this kind of event. */
  default <T> T match(
      Function<Planned, T> planned,
      Function<Reported, T> reported,
      Function<CancelRequested, T> cancelRequested,
      Function<RetryRequested, T> retryRequested,
      Function<TimePassed, T> timePassed) {
    if (this instanceof Planned event) {
      return planned.apply(event);
    } else if (this instanceof Reported event) {
      return reported.apply(event);
    } else if (this instanceof CancelRequested event) {
      return cancelRequested.apply(event);
    } else if (this instanceof RetryRequested event) {
      return retryRequested.apply(event);
    }
    return timePassed.apply((TimePassed) this);
  }
}
