package io.espalier.worker.kafka;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Stages that failed one after the other for want of a resource (memory, disk, a store, a process).
 * {@value #LONGEST} in a row say more of this worker than of the commands, so it leaves its pool's
 * commands to others for a while. Then it tries again: one more such failure ends that, a success
 * ends the streak.
 */
final class FailureStreak {
  /** Name of the check that fails while the streak is too long. */
  static final String CHECK = "stages in a row";

  /** So many failures take the worker out of service. */
  static final int LONGEST = 3;

  /** Time without work after the last of them. */
  static final Duration PAUSE = Duration.ofMinutes(10);

  private final InstantSource clock;
  private int failures;
  private Instant resumption = Instant.MIN;
  private String last = "";

  /** No failures yet. */
  FailureStreak(InstantSource clock) {
    this.clock = clock;
  }

  /** Takes note of a failure for want of a resource, and why it failed. */
  synchronized void failed(String reason) {
    failures++;
    last = reason;
    if (failures >= LONGEST) {
      resumption = clock.instant().plus(PAUSE);
    }
  }

  /** Takes note of a success: this worker can work. */
  synchronized void succeeded() {
    failures = 0;
    resumption = Instant.MIN;
  }

  /** Returns what is wrong, in words, while this worker should take no work. */
  synchronized Optional<String> problem() {
    return clock.instant().isBefore(resumption)
        ? Optional.of(
            "%d stages in a row failed here for want of a resource; work is taken again at %s. The last: %s"
                .formatted(failures, resumption, last))
        : Optional.empty();
  }
}
