package io.espalier.streams.domain.pool;

import io.espalier.streams.domain.job.JobId;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * A worker of a pool, as its last heartbeat shows it.
 *
 * @param id the same after a restart
 * @param capacity what it can take
 * @param holds the jobs whose commands it holds, and whether it works on each or only prepares it
 * @param seenAt when it last gave a sign of life, by the clock of who keeps this
 */
public record PoolWorker(String id, Capacity capacity, Map<JobId, Boolean> holds, Instant seenAt) {
  /** A worker without a sign of life for so long is taken for dead. */
  public static final Duration EXPIRY = Duration.ofSeconds(30);

  /**
   * Capacity of a worker.
   *
   * @param slots stages that it can run at the same time; 0 when it takes no work
   * @param spare commands beyond its slots that it would take now, to prepare them
   */
  public record Capacity(int slots, int spare) {}

  public PoolWorker {
    holds = Map.copyOf(holds);
  }

  boolean alive(Instant now) {
    return now.isBefore(seenAt.plus(EXPIRY));
  }

  /** Returns the same, not seen later than now. */
  PoolWorker seenBy(Instant now) {
    return seenAt.isAfter(now) ? new PoolWorker(id, capacity, holds, now) : this;
  }

  /** Returns how many commands more it would take. */
  int free() {
    return Math.max(0, capacity.slots() + capacity.spare() - holds.size());
  }

  /** Returns whether one of its slots has nothing to do. */
  boolean idle() {
    return holds.values().stream().filter(working -> working).count() < capacity.slots()
        && holds.size() < capacity.slots();
  }
}
