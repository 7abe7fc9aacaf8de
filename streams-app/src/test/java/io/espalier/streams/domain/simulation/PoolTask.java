package io.espalier.streams.domain.simulation;

import io.espalier.streams.domain.pool.Pool;
import io.espalier.streams.domain.pool.PoolEvent;
import io.espalier.streams.domain.pool.PoolEvent.WorkerAlive;
import io.espalier.streams.domain.pool.Turn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The pool: what it read, stored and sent becomes real together or not at all. */
final class PoolTask {
  private static final Duration EXPIRY = Duration.ofSeconds(30);

  /** What a worker last said, for counting slots without the pool's help. */
  private record Heartbeat(int slots, Instant at) {}

  private final Machines machines;
  private final Promises promises;
  private final Journal<PoolEvent> jobs = new Journal<>();
  private final Journal<PoolEvent> heartbeats = new Journal<>();
  private final List<Turn> sent = new ArrayList<>();
  private Map<String, Heartbeat> committedWorkers = Map.of();
  private Map<String, Heartbeat> workers = new HashMap<>();
  private Pool committed = Pool.empty();
  private Pool pool = Pool.empty();

  PoolTask(Machines machines, Promises promises) {
    this.machines = machines;
    this.promises = promises;
  }

  void add(PoolEvent event) {
    (event instanceof WorkerAlive ? heartbeats : jobs).add(event);
  }

  boolean deliver(Random random, Instant now) {
    boolean preferJobs = random.nextBoolean();
    if (jobs.hasNext() && (preferJobs || !heartbeats.hasNext())) {
      turn(jobs.next(), now);
      return true;
    } else if (heartbeats.hasNext()) {
      turn(heartbeats.next(), now);
      return true;
    }
    return false;
  }

  List<Turn> commit() {
    jobs.commit();
    heartbeats.commit();
    committed = pool;
    committedWorkers = Map.copyOf(workers);
    List<Turn> visible = List.copyOf(sent);
    sent.clear();
    return visible;
  }

  List<Turn> crash() {
    jobs.rollBack();
    heartbeats.rollBack();
    pool = committed;
    workers = new HashMap<>(committedWorkers);
    List<Turn> lost = List.copyOf(sent);
    sent.clear();
    return lost;
  }

  Pool pool() {
    return committed;
  }

  private void turn(PoolEvent event, Instant now) {
    if (event instanceof WorkerAlive alive) {
      workers.put(alive.workerId(), new Heartbeat(alive.slots(), now));
    }
    Turn turn = machines.turn(pool, event, now);
    pool = turn.pool();
    sent.add(turn);
    int slots =
        workers.values().stream()
            .filter(worker -> now.isBefore(worker.at().plus(EXPIRY)))
            .mapToInt(Heartbeat::slots)
            .sum();
    promises.require(
        turn.released().isEmpty() || pool.inFlightCount() <= slots,
        "jobs were released that live workers have no slots for");
  }
}
