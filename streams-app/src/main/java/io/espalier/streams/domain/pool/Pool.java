package io.espalier.streams.domain.pool;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The workers of a pool, the jobs they have and the jobs that wait. A value: it never changes.
 *
 * <p>What workers hold is known by their heartbeats. A job that has been released and that no live
 * worker holds is on its way: it lies in the queue, or comes back to it from a worker that was
 * lost.
 */
public final class Pool {
  private static final Pool EMPTY =
      new Pool(Map.of(), WaitingLine.EMPTY, PersistentTreap.empty(), new Held(Set.of(), 0));

  /**
   * Jobs of live workers.
   *
   * @param jobs every job that one of them holds
   * @param released how many of these have been released and have not ended
   */
  private record Held(Set<JobId> jobs, int released) {}

  private final Map<String, PoolWorker> workers;
  private final WaitingLine line;
  private final PersistentTreap<JobId, InFlight> inFlight;
  private final Held held;

  private Pool(
      Map<String, PoolWorker> workers,
      WaitingLine line,
      PersistentTreap<JobId, InFlight> inFlight,
      Held held) {
    this.workers = workers;
    this.line = line;
    this.inFlight = inFlight;
    this.held = held;
  }

  /** Returns a pool without workers or jobs. */
  public static Pool empty() {
    return EMPTY;
  }

  /** Returns its workers. */
  public Collection<PoolWorker> workers() {
    return workers.values();
  }

  /** Returns the jobs that wait, in the order of their ids. */
  public List<Job> waiting() {
    return line.jobs();
  }

  /** Returns the jobs that have been released and have not ended, in the order of their ids. */
  public List<InFlight> inFlight() {
    return inFlight.values();
  }

  /** Returns how many jobs have been released and have not ended. */
  public int inFlightCount() {
    return inFlight.size();
  }

  /** Returns whether it has no job and no worker that is alive. */
  public boolean isEmpty(Instant now) {
    return inFlight.size() == 0
        && line.tenants() == 0
        && workers.values().stream().noneMatch(worker -> worker.alive(now));
  }

  /** Returns the number of tenants of which something is kept. */
  int tenants() {
    return line.tenants();
  }

  /** Returns how many commands more the workers would take than are on their way to them. */
  public int free() {
    int wanted = workers.values().stream().mapToInt(PoolWorker::free).sum();
    return wanted - (inFlight.size() - held.released());
  }

  /** Returns whether a worker has a slot with nothing to do. */
  boolean idle() {
    return workers.values().stream().anyMatch(PoolWorker::idle);
  }

  boolean isHeld(JobId job) {
    return held.jobs().contains(job);
  }

  boolean knows(JobId id) {
    return line.get(id).isPresent() || inFlight.contains(id);
  }

  Optional<Job> next() {
    return line.next();
  }

  /** Returns this pool with a job that waits. */
  public Pool waiting(Job job) {
    return new Pool(workers, line.with(job), inFlight, held);
  }

  /** Returns this pool with a job that has been released. */
  public Pool working(InFlight job) {
    return withReleased(line.working(job.tenant()), job);
  }

  Pool released(InFlight job, Job waiting) {
    return withReleased(line.released(waiting), job);
  }

  /** Returns this pool with the command of a job sent again. */
  Pool sentAgain(InFlight job) {
    return new Pool(workers, line, inFlight.put(job.id(), job), held);
  }

  private Pool withReleased(WaitingLine next, InFlight job) {
    Held more = isHeld(job.id()) ? new Held(held.jobs(), held.released() + 1) : held;
    return new Pool(workers, next, inFlight.put(job.id(), job), more);
  }

  Pool without(JobId id) {
    WaitingLine rest = line.get(id).map(line::without).orElse(line);
    Optional<InFlight> released = inFlight.get(id);
    if (released.isEmpty()) {
      return new Pool(workers, rest, inFlight, held);
    }
    Held fewer = isHeld(id) ? new Held(held.jobs(), held.released() - 1) : held;
    return new Pool(workers, rest.ended(released.get().tenant()), inFlight.remove(id), fewer);
  }

  /**
   * Returns this pool without the workers that are taken for dead. None was seen later than now: a
   * clock that was set back begins anew with all of them.
   */
  Pool at(Instant now) {
    if (workers.values().stream()
        .allMatch(worker -> worker.alive(now) && !worker.seenAt().isAfter(now))) {
      return this;
    }
    Map<String, PoolWorker> alive = new HashMap<>(workers);
    alive.values().removeIf(worker -> !worker.alive(now));
    alive.replaceAll((id, worker) -> worker.seenBy(now));
    return with(alive);
  }

  Pool seen(PoolWorker worker) {
    Map<String, PoolWorker> others = new HashMap<>(workers);
    others.put(worker.id(), worker);
    return with(others);
  }

  private Pool with(Map<String, PoolWorker> others) {
    Set<JobId> jobs = new HashSet<>();
    others.values().forEach(worker -> jobs.addAll(worker.holds().keySet()));
    int released = (int) jobs.stream().filter(inFlight::contains).count();
    return new Pool(Map.copyOf(others), line, inFlight, new Held(jobs, released));
  }
}
