package io.espalier.streams.domain.run;

import io.espalier.streams.domain.stage.Report;
import io.espalier.streams.domain.stage.StageAttempt;
import java.time.Instant;
import java.util.function.Function;

/** What may happen to a run. */
public sealed interface RunEvent {
  /**
   * A policy matched a model.
   *
   * @param plan what to do
   */
  record Planned(Plan plan) implements RunEvent {}

  /**
   * The pool has sent the job's command to its workers.
   *
   * @param attempt stage and attempt of the job
   */
  record Released(StageAttempt attempt) implements RunEvent {}

  /**
   * A worker reports.
   *
   * @param attempt what it reports on
   * @param workerId the worker
   * @param report what it says
   */
  record Reported(StageAttempt attempt, String workerId, Report report) implements RunEvent {}

  /**
   * Somebody wants it stopped.
   *
   * @param by who
   * @param reason why, in words
   */
  record CancelRequested(String by, String reason) implements RunEvent {}

  /**
   * Somebody wants it not to wait for the back-off.
   *
   * @param by who
   * @param reason why, in words
   */
  record RetryRequested(String by, String reason) implements RunEvent {}

  /**
   * Time has passed.
   *
   * @param listeningSince since when reports would have been heard; silence before that means
   *     nothing
   */
  record TimePassed(Instant listeningSince) implements RunEvent {}

  /** The result of the function for this kind of event. */
  default <T> T match(
      Function<Planned, T> planned,
      Function<Released, T> released,
      Function<Reported, T> reported,
      Function<CancelRequested, T> cancelRequested,
      Function<RetryRequested, T> retryRequested,
      Function<TimePassed, T> timePassed) {
    if (this instanceof Planned event) {
      return planned.apply(event);
    } else if (this instanceof Released event) {
      return released.apply(event);
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
