package io.espalier.streams.domain.run;

import io.espalier.streams.domain.stage.StageAttempt;

/**
 * The attempts of a run, and the numbers of their commands.
 *
 * <p>The number of an attempt is never used twice at one stage, whatever is opened again, since it
 * names what a worker publishes. The sequence counts every command of the run, so that workers can
 * tell an old one from a new one.
 *
 * @param current the stage and attempt that the run is at
 * @param highest highest number of an attempt at this stage
 * @param uncounted attempts at this stage up to this number do not count against the policy's
 *     bound: they were made before the run was opened again
 * @param offset attempts of later stages are numbered from the one behind it
 * @param sequence position of the newest command among all commands of the run, from 1
 * @param token what a result of the current stage must carry; empty for a run of an older version
 * @param deliveries how often the queue has delivered the attempts that count
 */
public record RunAttempts(
    StageAttempt current,
    int highest,
    int uncounted,
    int offset,
    long sequence,
    String token,
    Deliveries deliveries) {
  /** Attempts of which none was delivered yet. */
  private RunAttempts(
      StageAttempt current, int highest, int uncounted, int offset, long sequence, String token) {
    this(current, highest, uncounted, offset, sequence, token, Deliveries.NONE);
  }

  /** Returns the first attempt of a new run. */
  static RunAttempts first(String token) {
    return after(0, token);
  }

  /** Returns the first attempt behind all of an earlier registration's. */
  static RunAttempts after(int used, String token) {
    return new RunAttempts(new StageAttempt(0, used + 1), used + 1, used, used, used + 1L, token);
  }

  /** Returns the next attempt at the same stage. */
  RunAttempts again() {
    StageAttempt next = new StageAttempt(current.stageIndex(), highest + 1);
    return new RunAttempts(next, highest + 1, uncounted, offset, sequence + 1, token, deliveries);
  }

  /** Returns the next attempt at the same stage as if it were the first. */
  RunAttempts afresh() {
    return new RunAttempts(current, highest, highest, offset, sequence, token).again();
  }

  /** Returns the first attempt of an earlier stage, as if none had been made. */
  RunAttempts backTo(int stageIndex, String newToken) {
    int used = Math.toIntExact(sequence);
    StageAttempt next = new StageAttempt(stageIndex, used + 1);
    return new RunAttempts(next, used + 1, used, used, sequence + 1, newToken);
  }

  /** Returns the first attempt of the following stage. */
  RunAttempts nextStage(String newToken) {
    StageAttempt next = new StageAttempt(current.stageIndex() + 1, offset + 1);
    return new RunAttempts(next, offset + 1, offset, offset, sequence + 1, newToken);
  }

  /** Returns the same with another attempt of this stage as the one that the run is at. */
  RunAttempts at(StageAttempt other) {
    return new RunAttempts(other, highest, uncounted, offset, sequence, token, deliveries);
  }

  /** Returns the same after a delivery of an attempt; one that does not count changes nothing. */
  RunAttempts delivered(StageAttempt attempt, int delivery) {
    int number = attempt.attempt() - uncounted - 1;
    return number < 0
        ? this
        : new RunAttempts(
            current,
            highest,
            uncounted,
            offset,
            sequence,
            token,
            deliveries.with(number, delivery));
  }

  /** Returns whether an attempt is one of the current stage that was made since it was opened. */
  boolean include(StageAttempt attempt) {
    return attempt.stageIndex() == current.stageIndex()
        && attempt.attempt() > offset
        && attempt.attempt() <= highest;
  }

  /** Returns the position of an attempt's command; attempts of one stage follow each other. */
  long sequenceOf(StageAttempt attempt) {
    return sequence - (highest - attempt.attempt());
  }

  /** Returns how many attempts at this stage count against the policy's bound. */
  public int counted() {
    return highest - uncounted;
  }
}
