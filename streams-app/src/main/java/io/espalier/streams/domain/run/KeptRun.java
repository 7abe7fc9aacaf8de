package io.espalier.streams.domain.run;

import java.time.Instant;
import java.util.Optional;

/**
 * What is kept of a run: all of it while it goes on; once it has ended only that it has, to refuse
 * late reports and registrations that come again.
 */
public sealed interface KeptRun {
  /**
   * A run that goes on.
   *
   * @param run the run
   */
  record Going(Run run) implements KeptRun {}

  /**
   * A run that has ended.
   *
   * @param id the run
   * @param ending how it ended
   * @param at when
   */
  record Over(RunId id, Ending ending, Instant at) implements KeptRun {}

  /** What to keep of a run. */
  static KeptRun of(Run run) {
    return run.state() instanceof RunState.Ended ended
        ? new Over(run.id(), ended.ending(), run.updatedAt())
        : new Going(run);
  }

  /** The run, if it goes on. */
  default Optional<Run> going() {
    return this instanceof Going kept ? Optional.of(kept.run()) : Optional.empty();
  }
}
