package io.espalier.streams.domain.run;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * History of a run so far, in numbers.
 *
 * @param revision number of the last change, from 1
 * @param createdAt when it was planned
 * @param updatedAt when it last changed
 * @param startedAt when work on it first began
 * @param worked how long workers have worked on it, without what they are at now
 */
public record RunHistory(
    long revision,
    Instant createdAt,
    Instant updatedAt,
    Optional<Instant> startedAt,
    Duration worked) {
  static RunHistory begun(Instant now) {
    return new RunHistory(0, now, now, Optional.empty(), Duration.ZERO);
  }

  RunHistory changed(Instant now) {
    return new RunHistory(revision + 1, createdAt, now, startedAt, worked);
  }

  RunHistory started(Instant now) {
    return new RunHistory(
        revision, createdAt, updatedAt, startedAt.or(() -> Optional.of(now)), worked);
  }

  RunHistory worked(Duration more) {
    return new RunHistory(revision, createdAt, updatedAt, startedAt, worked.plus(more));
  }

  /** As if no work had been done. */
  RunHistory rested() {
    return new RunHistory(revision, createdAt, updatedAt, Optional.empty(), Duration.ZERO);
  }
}
