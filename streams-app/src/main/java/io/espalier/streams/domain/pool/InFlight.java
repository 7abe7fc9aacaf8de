package io.espalier.streams.domain.pool;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A job that has been released to the workers and has not ended.
 *
 * @param id the job
 * @param tenant who shares in the workers
 * @param job all of it, to be sent again; absent if a version released it that kept no more
 * @param sent when and how often its command was sent
 * @param missingSince since when no worker holds it although one of them is idle
 */
public record InFlight(
    JobId id, String tenant, Optional<Job> job, Sent sent, Optional<Instant> missingSince) {
  private static final int MOST_DOUBLINGS = 5;

  /**
   * Time and count of a command's sending.
   *
   * @param at when the last time
   * @param times how often, from 1
   */
  public record Sent(Instant at, int times) {}

  static InFlight of(Job job, Instant now) {
    return new InFlight(
        job.id(), job.tenant(), Optional.of(job), new Sent(now, 1), Optional.empty());
  }

  /** Returns the same after a look at the workers; itself if nothing has changed. */
  InFlight seen(boolean accountedFor, Instant now) {
    if (accountedFor) {
      return missingSince.isEmpty() ? this : missing(Optional.empty());
    }
    return missingSince.isPresent() ? this : missing(Optional.of(now));
  }

  /** Returns whether it has been missing for so long that it must be sent again. */
  boolean isLost(Instant now) {
    Duration patience =
        Dispatcher.LAST_RESORT.multipliedBy(1L << Math.min(sent.times() - 1, MOST_DOUBLINGS));
    return job.isPresent()
        && missingSince.map(since -> !now.isBefore(since.plus(patience))).orElse(false);
  }

  InFlight sentAgain(Instant now) {
    return new InFlight(id, tenant, job, new Sent(now, sent.times() + 1), Optional.empty());
  }

  private InFlight missing(Optional<Instant> since) {
    return new InFlight(id, tenant, job, sent, since);
  }
}
