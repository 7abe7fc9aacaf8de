package io.espalier.streams.topology;

import io.espalier.streams.domain.pool.DispatchDecision;
import io.espalier.streams.domain.pool.Pool;
import io.espalier.streams.domain.pool.PoolWorker;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * The pools of a task by name. Heartbeats may name any pool, so one without a live worker and
 * without a job is forgotten after a while, whether or not it is heard of again.
 */
final class KnownPools {
  private final Map<String, Pool> pools = new HashMap<>();
  private Instant lookedAt = Instant.MIN;

  /** Returns a pool, empty if nothing is known of it. */
  Pool get(String name) {
    return pools.getOrDefault(name, Pool.empty());
  }

  void put(String name, Pool pool) {
    pools.put(name, pool);
  }

  /** Takes over what became of a pool, and now and then forgets those that hold nothing. */
  void took(String name, DispatchDecision turn) {
    put(name, turn.pool());
    forget(turn.at());
  }

  /** Looks at all of them, so at most once in the time after which workers expire. */
  private void forget(Instant now) {
    if (lookedAt.isAfter(now.minus(PoolWorker.EXPIRY))) {
      return;
    }
    lookedAt = now;
    pools.values().removeIf(pool -> pool.isEmpty(now));
  }

  void clear() {
    pools.clear();
  }

  int size() {
    return pools.size();
  }
}
