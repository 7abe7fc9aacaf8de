package io.espalier.streams.domain.pool;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The workers of a pool, the jobs they have and the jobs that wait. A value: it never changes. */
public final class Pool {
  /** A worker without a sign of life for so long is taken for dead. */
  public static final Duration WORKER_EXPIRY = Duration.ofSeconds(30);

  private final Map<String, Worker> workers;
  private final Shares shares;
  private final Line line;
  private final Working working;

  private Pool(Map<String, Worker> workers, Shares shares, Line line, Working working) {
    this.workers = workers;
    this.shares = shares;
    this.line = line;
    this.working = working;
  }

  /** A pool without workers or jobs. */
  public static Pool empty() {
    return new Pool(Map.of(), Shares.NONE, Line.EMPTY, Working.NOTHING);
  }

  /** A pool with these workers and shares, and no jobs yet. */
  public static Pool of(List<Worker> workers, Shares shares) {
    Map<String, Worker> byId = new HashMap<>();
    workers.forEach(worker -> byId.put(worker.id(), worker));
    return new Pool(Map.copyOf(byId), shares, Line.EMPTY, Working.NOTHING);
  }

  /** Its workers, the dead ones included until something happens to the pool. */
  public List<Worker> workers() {
    return List.copyOf(workers.values());
  }

  /** How far each tenant has come. */
  public Shares shares() {
    return shares;
  }

  /** The jobs that wait, in the order of their ids. */
  public List<Job> waiting() {
    return line.jobs();
  }

  /** The jobs with workers, in the order of their ids. */
  public List<InFlight> inFlight() {
    return working.jobs();
  }

  /** Number of jobs with workers. */
  public int inFlightCount() {
    return working.size();
  }

  /** Slots of the workers that are alive. */
  public int slots(Instant now) {
    return workers.values().stream()
        .filter(worker -> now.isBefore(worker.seenAt().plus(WORKER_EXPIRY)))
        .mapToInt(Worker::slots)
        .sum();
  }

  /** This pool with a job that waits. */
  public Pool waiting(Job job) {
    return new Pool(workers, shares, line.with(job), working);
  }

  /** This pool with a job that is with a worker. */
  public Pool working(InFlight job) {
    return new Pool(workers, shares, line, working.with(job));
  }

  boolean knows(JobId id) {
    return line.get(id).isPresent() || working.get(id).isPresent();
  }

  Optional<Job> next() {
    return line.next(working::of, shares::of);
  }

  Pool released(Job job) {
    return new Pool(
        workers,
        shares.served(job.tenant()),
        line.without(job),
        working.with(new InFlight(job.id(), job.tenant())));
  }

  Pool without(JobId id) {
    Line rest = line.get(id).map(line::without).orElse(line);
    Working others = working.get(id).map(working::without).orElse(working);
    return new Pool(workers, shares, rest, others);
  }

  Pool seen(Worker worker) {
    Map<String, Worker> alive = new HashMap<>(workers);
    alive.values().removeIf(w -> !worker.seenAt().isBefore(w.seenAt().plus(WORKER_EXPIRY)));
    if (worker.slots() > 0) {
      alive.put(worker.id(), worker);
    } else {
      alive.remove(worker.id());
    }
    return new Pool(Map.copyOf(alive), shares, line, working);
  }
}
