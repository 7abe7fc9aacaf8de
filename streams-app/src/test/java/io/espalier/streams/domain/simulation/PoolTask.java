package io.espalier.streams.domain.simulation;

import io.espalier.streams.domain.pool.DispatchDecision;
import io.espalier.streams.domain.pool.InFlight;
import io.espalier.streams.domain.pool.Pool;
import io.espalier.streams.domain.pool.PoolEvent;
import io.espalier.streams.domain.pool.PoolEvent.WorkerAlive;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The pool: what it read, stored and sent becomes real together or not at all. Of workers nothing
 * outlives a crash.
 */
final class PoolTask {
  private final Machines machines;
  private final Promises promises;
  private final Journal<PoolEvent> jobs = new Journal<>();
  private final Journal<PoolEvent> heartbeats = new Journal<>();
  private final List<InFlight> sent = new ArrayList<>();
  private Pool committed = Pool.empty();
  private Pool pool = Pool.empty();

  PoolTask(Machines machines, Promises promises) {
    this.machines = machines;
    this.promises = promises;
  }

  void add(PoolEvent event, long now) {
    (event instanceof WorkerAlive ? heartbeats : jobs).add(event, now);
  }

  boolean deliver(Random random, long now) {
    Journal<PoolEvent> first = random.nextBoolean() ? jobs : heartbeats;
    Journal<PoolEvent> topic = first.hasNext() ? first : first == jobs ? heartbeats : jobs;
    if (!topic.hasNext()) {
      return false;
    }
    DispatchDecision turn = machines.turn(pool, topic.next(), RunsTask.at(now));
    pool = turn.pool();
    sent.addAll(turn.released());
    promises.require(
        turn.released().stream().allMatch(job -> job.sent().times() > 1) || pool.free() >= 0,
        "jobs were released that live workers would not take");
    return true;
  }

  List<InFlight> commit() {
    jobs.commit();
    heartbeats.commit();
    committed = pool;
    return taken();
  }

  List<InFlight> crash() {
    jobs.rollBack();
    heartbeats.rollBack();
    pool = Pool.empty();
    for (var job : committed.waiting()) {
      pool = pool.waiting(job);
    }
    for (var job : committed.inFlight()) {
      pool = pool.working(job);
    }
    return taken();
  }

  private List<InFlight> taken() {
    if (sent.isEmpty()) {
      return List.of();
    }
    List<InFlight> taken = List.copyOf(sent);
    sent.clear();
    return taken;
  }

  /** Returns whether each job that was sent is with a worker, and no other one could be sent. */
  boolean quiet(int workers) {
    return committed.workers().size() == workers
        && (committed.free() <= 0 || committed.waiting().isEmpty())
        && committed.workers().stream().mapToInt(worker -> worker.holds().size()).sum()
            >= committed.inFlightCount();
  }

  Pool pool() {
    return committed;
  }
}
