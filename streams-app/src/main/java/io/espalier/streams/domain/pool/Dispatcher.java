package io.espalier.streams.domain.pool;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.pool.PoolEvent.JobQueued;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who works next in a pool: a pure function of the pool, an event and the time.
 *
 * <p>Jobs go by priority, then by fair share between tenants, then by age, and only while fewer
 * jobs are with workers than live workers have slots. Time alone never frees a slot, so nothing
 * needs to happen between events.
 */
public final class Dispatcher {
  private Dispatcher() {}

  /** What an event means for a pool. */
  public static Turn advance(Pool pool, PoolEvent event, Instant now) {
    return event.match(
        queued -> admit(pool, queued, now),
        ended -> end(pool, ended.job(), now),
        alive ->
            release(
                pool.seen(new Worker(alive.workerId(), alive.slots(), now)),
                List.of(),
                List.of(),
                now));
  }

  private static Turn admit(Pool pool, JobQueued queued, Instant now) {
    return pool.knows(queued.job().id())
        ? new Turn(pool, now, List.of(), List.of(), List.of())
        : release(pool.waiting(queued.job()), List.of(queued.job()), List.of(), now);
  }

  private static Turn end(Pool pool, JobId job, Instant now) {
    return pool.knows(job)
        ? release(pool.without(job), List.of(), List.of(job), now)
        : new Turn(pool, now, List.of(), List.of(), List.of());
  }

  private static Turn release(Pool before, List<Job> admitted, List<JobId> ended, Instant now) {
    Pool pool = before;
    List<Job> released = new ArrayList<>();
    Optional<Job> next = nextIfFree(pool, now);
    while (next.isPresent()) {
      released.add(next.get());
      pool = pool.released(next.get());
      next = nextIfFree(pool, now);
    }
    return new Turn(pool, now, admitted, ended, released);
  }

  private static Optional<Job> nextIfFree(Pool pool, Instant now) {
    return pool.inFlightCount() < pool.slots(now) ? pool.next() : Optional.empty();
  }
}
