package io.espalier.streams.domain.simulation;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.simulation.CommandQueue.Entry;
import io.espalier.streams.domain.simulation.Schedule.Fate;
import io.espalier.streams.domain.stage.FailureKind;
import io.espalier.streams.domain.stage.StageProgress;
import io.espalier.streams.domain.stage.WorkerReport;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A worker of one slot. It claims a command when it has nothing to do, is busy with it for as long
 * as its stage takes less what a checkpoint on its own disk has kept, reports, and keeps its lease
 * while it lives.
 */
final class SimulatedWorker {
  static final int DELIVERIES = 10;
  private static final long LOCK = 60_000;
  private static final long CHECKPOINT = 60_000;
  private static final long PROGRESS = 5 * Schedule.MINUTE;

  /** A stage at work: the child process goes on while its supervisor is frozen. */
  private static final class Claim {
    private final Entry entry;
    private final long begun;
    private final long done;
    private boolean lost;

    Claim(Entry entry, long begun, long done) {
      this.entry = entry;
      this.begun = begun;
      this.done = done;
    }
  }

  private final Simulation world;
  private final String id;
  private final Map<String, Long> checkpoints = new HashMap<>();
  private @Nullable Claim claim;
  private boolean up = true;
  private boolean frozen;
  private long life;

  SimulatedWorker(Simulation world, String id) {
    this.world = world;
    this.id = id;
  }

  String id() {
    return id;
  }

  /** A sign of life, if it can give one. */
  void beat() {
    if (up && !frozen) {
      Map<JobId, Boolean> holds = claim == null ? Map.of() : Map.of(claim.entry.job.id(), true);
      world.heartbeat(id, holds);
    }
  }

  /** Takes a command if it has nothing to do. */
  void poll() {
    if (!up || frozen || claim != null || world.brokersAway()) {
      return;
    }
    world.queue().claim(this, world.random()).ifPresent(this::begin);
  }

  private void begin(Entry entry) {
    Job job = entry.job;
    if (world.isClosed(job)) {
      world.report(id, job, new WorkerReport.Failed(FailureKind.CANCELLED, "closed", false));
      world.queue().accept(entry);
      later(100, this::poll);
      return;
    }
    if (world.finished(job.id()).isPresent()) {
      finish(entry);
      return;
    }
    world.report(id, job, new WorkerReport.Started(entry.deliveries, "cpu"));
    if (entry.deliveries >= DELIVERIES) {
      world.report(
          id, job, new WorkerReport.Failed(FailureKind.RESOURCE, "delivered 10 times", true));
      world.queue().accept(entry);
      later(100, this::poll);
      return;
    }
    long kept = checkpoints.getOrDefault(job.command().resumeKey(), 0L);
    Claim begun = new Claim(entry, world.now(), world.now() + world.duration(job) - kept);
    claim = begun;
    beat();
    if (world.fate(job) == Fate.KILLS) {
      later(CHECKPOINT / 2, () -> ifStill(begun, () -> killedBy(job)));
      return;
    }
    long fails = world.failsAfter(job);
    if (fails >= 0) {
      later(Math.min(fails, begun.done - world.now()), () -> ifStill(begun, this::fail));
    } else {
      later(begun.done - world.now(), () -> ifStill(begun, this::done));
    }
    later(PROGRESS, () -> progress(begun));
  }

  private void killedBy(Job job) {
    world.killed(job);
    die(3_000);
  }

  private void progress(Claim of) {
    if (claim == of && up) {
      if (!frozen) {
        world.report(
            id,
            of.entry.job,
            new WorkerReport.Progressed(new StageProgress("p", 1, 2, Optional.empty(), Map.of())));
      }
      later(PROGRESS, () -> progress(of));
    }
  }

  private void ifStill(Claim of, Runnable action) {
    if (claim == of && up) {
      if (frozen) {
        later(1_000, () -> ifStill(of, action)); // the child is done, its supervisor is not awake
      } else {
        action.run();
      }
    }
  }

  private void done() {
    Entry entry = stop(true);
    finish(entry);
  }

  private void finish(Entry entry) {
    world.publish(id, entry.job);
    world.queue().accept(entry);
    beat();
    later(100, this::poll);
  }

  private void fail() {
    Entry entry = stop(false);
    boolean again = world.fate(entry.job) != Fate.FAILS;
    world.failed(entry.job);
    world.report(id, entry.job, new WorkerReport.Failed(FailureKind.RESOURCE, "because", again));
    world.queue().accept(entry);
    beat();
    later(100, this::poll);
  }

  /** Ends the work; what was done of it stays on this worker's disk. */
  private Entry stop(boolean whole) {
    Claim ended = claim;
    if (ended == null) {
      throw new IllegalStateException("nothing is at work on " + id);
    }
    claim = null;
    long until = Math.min(world.now(), ended.done);
    long worked = Math.max(0, until - ended.begun);
    world.busy(worked, ended.entry.job, whole);
    checkpoints.merge(
        ended.entry.job.command().resumeKey(),
        worked / CHECKPOINT * CHECKPOINT,
        (before, more) -> before + more);
    return ended.entry;
  }

  /** The command was closed: the work stops within a second. */
  void closed() {
    Claim current = claim;
    if (current != null && up && !frozen && world.isClosed(current.entry.job)) {
      Entry entry = stop(false);
      world.report(id, entry.job, new WorkerReport.Failed(FailureKind.CANCELLED, "closed", false));
      world.queue().accept(entry);
      beat();
      later(100, this::poll);
    }
  }

  /** It is killed, its child with it, and comes back later with the same disk. */
  void die(long downFor) {
    if (!up) {
      return;
    }
    if (claim != null) {
      Entry entry = stop(false);
      // As a rule the broker gives it away when the connection ends, now and then after the lock.
      long gone = world.random().nextInt(4) > 0 ? 300 : LOCK;
      later(gone, () -> world.released(entry, this));
    }
    up = false;
    frozen = false;
    life++;
    world.after(downFor, this::start);
  }

  private void start() {
    up = true;
    life++;
    beat();
    later(2_000, this::poll);
  }

  /** It is stopped for a time, its child is not. */
  void freeze(long duration) {
    if (!up || frozen) {
      return;
    }
    frozen = true;
    Claim current = claim;
    if (current != null) {
      later(LOCK, () -> loseIfFrozen(current));
    }
    later(duration, this::thaw);
  }

  private void loseIfFrozen(Claim current) {
    if (frozen && claim == current) {
      current.lost = true;
      world.released(current.entry, this);
    }
  }

  /** It goes on, and learns within a third of the lock that its lease is lost. */
  private void thaw() {
    frozen = false;
    beat();
    Claim current = claim;
    if (current == null) {
      poll();
    } else if (current.lost) {
      if (world.mayFailOnceMore(current.entry.job) && world.random().nextInt(4) == 0) {
        world.report(
            id, current.entry.job, new WorkerReport.Failed(FailureKind.RESOURCE, "late", true));
      }
      later(world.random().nextInt((int) LOCK / 3), () -> giveUp(current));
    }
  }

  private void giveUp(Claim current) {
    if (claim == current && up) {
      stop(false);
      beat();
      later(100, this::poll);
    }
  }

  /** Does something later unless it is killed before. */
  private void later(long delay, Runnable action) {
    long now = life;
    world.after(
        delay,
        () -> {
          if (life == now || delay == LOCK || delay == 300) {
            action.run();
          }
        });
  }
}
