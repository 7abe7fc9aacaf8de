package io.espalier.standalone.client;

import io.espalier.event.WorkerHeartbeat;
import io.espalier.standalone.client.topic.Cluster;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Pools that can work now.
 *
 * @param pools pools that have a topic of commands, in order
 * @param workers how many workers serve a pool: heard of lately, and in service
 */
record PoolReadiness(List<String> pools, Map<String, Integer> workers) {
  private static final Duration SILENT = Duration.ofSeconds(30);

  PoolReadiness {
    pools = List.copyOf(pools);
    workers = Map.copyOf(workers);
  }

  /** Asks a running system. */
  static PoolReadiness of(Cluster cluster) {
    Instant now = Instant.now();
    List<WorkerHeartbeat> heard =
        cluster.since(cluster.topics().workerHeartbeats(), now.minus(SILENT));
    return new PoolReadiness(cluster.pools(), serving(heard, now));
  }

  /**
   * Returns how many workers serve each pool that has one.
   *
   * @param heartbeats signs of life, any number per worker, the oldest first
   */
  static Map<String, Integer> serving(List<WorkerHeartbeat> heartbeats, Instant now) {
    Map<String, WorkerHeartbeat> newest = new HashMap<>();
    heartbeats.forEach(
        each ->
            newest.merge(
                each.getWorkerId(),
                each,
                (one, other) -> other.getAt().isBefore(one.getAt()) ? one : other));
    Map<String, Integer> serving = new HashMap<>();
    inService(newest.values(), now).forEach(each -> serving.merge(each.getPool(), 1, Integer::sum));
    return serving;
  }

  private static List<WorkerHeartbeat> inService(Collection<WorkerHeartbeat> newest, Instant now) {
    return newest.stream()
        .filter(each -> !each.getAt().isBefore(now.minus(SILENT)))
        .filter(each -> each.getSlots() > 0 && each.getOutOfService() == null)
        .toList();
  }

  /** Returns how many workers serve a pool. */
  int workersOf(String pool) {
    return workers.getOrDefault(pool, 0);
  }

  /** Returns why nothing is done in a pool now and what to do, if nothing is. */
  Optional<String> problem(String pool) {
    if (!pools.contains(pool)) {
      String known =
          pools.isEmpty()
              ? "there are no pools"
              : "there are the pools " + String.join(", ", pools);
      return Optional.of(
          "the pool '%s' has no topic of commands, so models would wait for ever; %s. `espalier setup --pool %s` makes this one"
              .formatted(pool, known, pool));
    }
    return workersOf(pool) > 0
        ? Optional.empty()
        : Optional.of(
            "no worker serves the pool '%s', so models wait until one does; `espalier worker --pool %s` starts one, `espalier workers list` shows those that are out of service"
                .formatted(pool, pool));
  }
}
