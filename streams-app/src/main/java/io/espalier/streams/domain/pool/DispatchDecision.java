package io.espalier.streams.domain.pool;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import java.time.Instant;
import java.util.List;

/**
 * Effect of an event on a pool.
 *
 * @param pool the pool now
 * @param at when
 * @param admitted jobs that joined the line
 * @param ended jobs that left the pool
 * @param released jobs whose commands go to the workers, in order; also those sent again
 */
public record DispatchDecision(
    Pool pool, Instant at, List<Job> admitted, List<JobId> ended, List<InFlight> released) {
  public DispatchDecision {
    admitted = List.copyOf(admitted);
    ended = List.copyOf(ended);
    released = List.copyOf(released);
  }

  static DispatchDecision of(Pool pool, Instant at) {
    return new DispatchDecision(pool, at, List.of(), List.of(), List.of());
  }
}
