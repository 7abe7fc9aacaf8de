package io.espalier.streams.domain.pool;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.pool.PoolEvent.JobQueued;
import io.espalier.streams.domain.pool.PoolEvent.WorkerAlive;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Dispatch in a pool: a pure function of the pool, an event and the time.
 *
 * <p>Jobs go by priority, then by fair share between tenants, then by age, and only while workers
 * would take more commands than are on their way. The queue delivers by itself what a lost worker
 * had, so a command is sent once. The last resort is for what cannot happen: a command that no
 * worker holds although one of them has been idle for longer than the queue keeps a command for
 * anybody is sent again, as it was.
 */
public final class Dispatcher {
  /** Two and a half times the longest lock that the queue keeps a command for a silent worker. */
  public static final Duration LAST_RESORT = Duration.ofSeconds(150);

  private Dispatcher() {}

  /** Returns what an event means for a pool. */
  public static DispatchDecision advance(Pool before, PoolEvent event, Instant now) {
    Pool pool = before.at(now);
    return event.match(
        queued -> admit(pool, queued, now),
        ended -> end(pool, ended.job(), now),
        alive -> hear(pool, alive, now));
  }

  private static DispatchDecision admit(Pool pool, JobQueued queued, Instant now) {
    return pool.knows(queued.job().id())
        ? DispatchDecision.of(pool, now)
        : release(
            new DispatchDecision(
                pool.waiting(queued.job()), now, List.of(queued.job()), List.of(), List.of()));
  }

  private static DispatchDecision end(Pool pool, JobId job, Instant now) {
    return pool.knows(job)
        ? release(new DispatchDecision(pool.without(job), now, List.of(), List.of(job), List.of()))
        : DispatchDecision.of(pool, now);
  }

  private static DispatchDecision hear(Pool before, WorkerAlive alive, Instant now) {
    Pool pool = before.seen(alive.worker()).at(now);
    List<InFlight> again = new ArrayList<>();
    for (InFlight job : pool.inFlight()) {
      InFlight next = job.seen(pool.isHeld(job.id()) || !pool.idle(), now);
      if (next.isLost(now)) {
        next = next.sentAgain(now);
        again.add(next);
      }
      if (!next.equals(job)) {
        pool = pool.sentAgain(next);
      }
    }
    return release(new DispatchDecision(pool, now, List.of(), List.of(), again));
  }

  private static DispatchDecision release(DispatchDecision before) {
    Pool pool = before.pool();
    List<InFlight> released = new ArrayList<>(before.released());
    Optional<Job> next = nextIfFree(pool);
    while (next.isPresent()) {
      InFlight job = InFlight.of(next.get(), before.at());
      released.add(job);
      pool = pool.released(job, next.get());
      next = nextIfFree(pool);
    }
    return new DispatchDecision(pool, before.at(), before.admitted(), before.ended(), released);
  }

  private static Optional<Job> nextIfFree(Pool pool) {
    return pool.free() > 0 ? pool.next() : Optional.empty();
  }
}
