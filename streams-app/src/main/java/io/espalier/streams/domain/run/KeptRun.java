package io.espalier.streams.domain.run;

import io.espalier.streams.domain.model.ArtifactReference;
import java.time.Instant;
import java.util.Optional;

/**
 * Stored form of a run: all of it while it goes on, and if it has ended without a pruned model, for
 * it may be opened again; once it has published only that it has, to refuse late reports and
 * registrations that come again.
 */
public sealed interface KeptRun {
  /**
   * A run that goes on.
   *
   * @param run the run
   */
  record Going(Run run) implements KeptRun {}

  /**
   * A run that has ended without a pruned model.
   *
   * @param run the run
   */
  record Unpublished(Run run) implements KeptRun {}

  /**
   * A run that has ended and stays so: it has published, or a version ended it that kept no more.
   *
   * @param id the run
   * @param ending how it ended
   * @param at when
   * @param artifact what it published
   */
  record Over(RunId id, RunEnding ending, Instant at, Optional<ArtifactReference> artifact)
      implements KeptRun {}

  /** Returns what to keep of a run. */
  static KeptRun of(Run run) {
    if (!(run.state() instanceof RunState.Ended ended)) {
      return new Going(run);
    }
    return ended.ending() == RunEnding.PUBLISHED
        ? new Over(run.id(), ended.ending(), run.history().updatedAt(), run.result())
        : new Unpublished(run);
  }

  /** The run, if it goes on. */
  default Optional<Run> going() {
    return this instanceof Going kept ? Optional.of(kept.run()) : Optional.empty();
  }
}
