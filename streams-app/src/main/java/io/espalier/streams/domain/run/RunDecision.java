package io.espalier.streams.domain.run;

import java.util.List;
import java.util.Optional;

/**
 * Effect of an event on a run.
 *
 * @param run the run now; absent if the event is about a run that is over
 * @param change what kind of change it is
 * @param effects what is asked of the world outside, in order
 */
public record RunDecision(Optional<Run> run, Change change, List<RunEffect> effects) {
  /** Kinds of changes of a run. */
  public enum Change {
    /** Nothing has changed. */
    NONE,
    /** A sign of life: to be shown now and then, and lost without harm. */
    HEARD,
    /** A change that must be kept. */
    KEPT
  }

  public RunDecision {
    effects = List.copyOf(effects);
  }

  static RunDecision unchanged(Run run, RunEffect... effects) {
    return new RunDecision(Optional.of(run), Change.NONE, List.of(effects));
  }

  static RunDecision over(RunEffect... effects) {
    return new RunDecision(Optional.empty(), Change.NONE, List.of(effects));
  }

  static RunDecision heard(Run run) {
    return new RunDecision(Optional.of(run), Change.HEARD, List.of());
  }

  static RunDecision changed(Run run, RunEffect... effects) {
    return changed(run, List.of(effects));
  }

  static RunDecision changed(Run run, List<RunEffect> effects) {
    return new RunDecision(Optional.of(run), Change.KEPT, effects);
  }

  /** Returns whether there is nothing to keep, show or do. */
  public boolean idle() {
    return change == Change.NONE && effects.isEmpty();
  }

  /** The run now, if it has changed in a way that must be kept. */
  public Optional<Run> kept() {
    return change == Change.KEPT ? run : Optional.empty();
  }
}
