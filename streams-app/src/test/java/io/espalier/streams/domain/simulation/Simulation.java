package io.espalier.streams.domain.simulation;

import io.espalier.streams.domain.Samples;
import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.model.Artifact;
import io.espalier.streams.domain.model.ArtifactFiles;
import io.espalier.streams.domain.pool.InFlight;
import io.espalier.streams.domain.pool.PoolEvent.JobEnded;
import io.espalier.streams.domain.pool.PoolEvent.JobQueued;
import io.espalier.streams.domain.pool.PoolEvent.WorkerAlive;
import io.espalier.streams.domain.pool.PoolWorker;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.RunDecision;
import io.espalier.streams.domain.run.RunEffect;
import io.espalier.streams.domain.run.RunEffect.CloseCommands;
import io.espalier.streams.domain.run.RunEvent;
import io.espalier.streams.domain.run.RunEvent.CancelRequested;
import io.espalier.streams.domain.run.RunEvent.Cause;
import io.espalier.streams.domain.run.RunEvent.Planned;
import io.espalier.streams.domain.run.RunEvent.Reported;
import io.espalier.streams.domain.run.RunEvent.Reporter;
import io.espalier.streams.domain.run.RunPlan;
import io.espalier.streams.domain.run.RunSettings;
import io.espalier.streams.domain.simulation.CommandQueue.Entry;
import io.espalier.streams.domain.simulation.Schedule.Fate;
import io.espalier.streams.domain.simulation.Schedule.Fault;
import io.espalier.streams.domain.simulation.Schedule.Work;
import io.espalier.streams.domain.stage.WorkerReport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;

/** A schedule carried out in simulated time. */
final class Simulation {
  private static final long HEARTBEAT = 25_000;
  private static final long TICK = 60_000;
  private static final long TOO_LONG = 30L * 24 * 60 * Schedule.MINUTE;

  private record Event(long at, long number, Runnable action) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(number, other.number);
    }
  }

  private final Random random;
  private final Machines machines;
  private final Schedule schedule;
  private final Promises promises = new Promises();
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final List<RunsTask> runsTasks;
  private final PoolTask pool;
  private final CommandQueue queue = new CommandQueue();
  private final List<SimulatedWorker> workers = new ArrayList<>();
  private final Map<String, Work> work = new HashMap<>();
  private final Map<String, CloseCommands> closed = new HashMap<>();
  private final Map<JobId, WorkerReport.Succeeded> finished = new HashMap<>();
  private final Map<String, Integer> failures = new HashMap<>();
  private final Map<String, Integer> killed = new HashMap<>();
  private final Set<String> done = new HashSet<>();
  private final List<Runnable> whenBrokersAreBack = new ArrayList<>();
  private long now;
  private long looked;
  private long wrong;
  private long number;
  private long brokersAwayUntil = -1;
  private long coordinatorAwayUntil = -1;
  private boolean coordinating;
  private long busy;
  private long useful;

  Simulation(Machines machines, long seed, int models, int workers, int faults) {
    this.machines = machines;
    random = new Random(seed);
    schedule = Schedule.drawn(random, models, workers, faults);
    pool = new PoolTask(machines, promises);
    runsTasks = List.of(new RunsTask(machines), new RunsTask(machines));
  }

  /** Runs it to its end and says which promises were broken. */
  Set<String> run() {
    for (int i = 0; i < schedule.workers(); i++) {
      workers.add(new SimulatedWorker(this, "w" + i));
    }
    schedule.work().forEach(this::registerLater);
    schedule.faults().forEach(fault -> after(fault.at(), () -> happen(fault)));
    workers.forEach(worker -> after(0, worker::beat));
    after(HEARTBEAT, this::beat);
    after(TICK, this::tick);
    while (!events.isEmpty() && now < TOO_LONG && !over()) {
      Event next = events.poll();
      now = next.at();
      next.action().run();
    }
    check();
    return promises.broken();
  }

  List<Object> transcript() {
    return promises.transcript();
  }

  double busyHours() {
    return busy / 3_600_000.0;
  }

  double usefulHours() {
    return useful / 3_600_000.0;
  }

  private boolean over() {
    return promises.endings() == schedule.work().size() && queue.isEmpty();
  }

  private void check() {
    work.forEach(
        (run, todo) -> {
          String wanted = todo.fate() == Fate.SUCCEEDS ? "published" : "rejected";
          String found = promises.ending(run);
          boolean raced = todo.fate() == Fate.CANCELLED && found.equals("published");
          promises.require(
              found.equals(wanted) || raced,
              "a run of which every stage can succeed, or none, ended as: " + found);
        });
    promises.require(
        killed.values().stream().allMatch(workers -> workers <= mostKilled()),
        "a stage killed worker after worker");
    long longest = 40 * Schedule.MINUTE;
    long lost = (long) (schedule.faults().size() + 1) * longest;
    promises.require(busy <= 1.3 * useful + lost, "workers were busy far longer than needed");
    if (schedule.faults().size() <= 1 && useful >= 8 * 20 * Schedule.MINUTE) {
      promises.require(busy <= 1.3 * useful, "workers were busy over 1.3 times what was needed");
    }
    promises.require(
        !over() || (pool.pool().waiting().isEmpty() && pool.pool().inFlightCount() == 0),
        "the pool still has jobs");
  }

  /**
   * Those that the coordinator lets a stage have; and what the queue does by itself while the
   * coordinator is not there, which is at most to use up the command of one attempt more.
   */
  private int mostKilled() {
    return schedule.faults().isEmpty()
        ? RunSettings.MOST_REDELIVERIES + 2
        : RunSettings.MOST_REDELIVERIES + SimulatedWorker.DELIVERIES;
  }

  private void registerLater(Work todo) {
    after(
        todo.at(),
        () -> {
          int index = work.size();
          RunPlan plan =
              Samples.plan(
                  Samples.model("model-" + index, "tenant-" + index % 2, 0),
                  Samples.policy(todo.stages().size(), List.of(), Samples.ANY));
          String run = plan.runId().value();
          work.put(run, todo);
          send(0, run, new Planned(plan, Cause.REGISTERED));
          if (random.nextInt(8) == 0) {
            send(0, run, new Planned(plan, Cause.REGISTERED));
          }
          if (todo.fate() == Fate.CANCELLED) {
            long when = random.nextInt((int) (60 * Schedule.MINUTE));
            after(when, () -> send(2, run, new CancelRequested("me", "no")));
          }
        });
  }

  private void happen(Fault fault) {
    SimulatedWorker worker = workers.get(fault.worker());
    switch (fault.kind()) {
      case KILL -> worker.die(fault.duration());
      case FREEZE -> worker.freeze(fault.duration());
      case BROKER -> {
        brokersAwayUntil = Math.max(brokersAwayUntil, now + fault.duration());
        after(fault.duration(), this::brokersAreBack);
      }
      case COORDINATOR -> coordinatorAwayUntil = now + fault.duration();
      case CRASH -> crash();
      case CLOCK -> wrong += (random.nextBoolean() ? 12 : -12) * fault.duration();
    }
  }

  private void brokersAreBack() {
    if (!brokersAway()) {
      List<Runnable> waiting = List.copyOf(whenBrokersAreBack);
      whenBrokersAreBack.clear();
      waiting.forEach(Runnable::run);
      workers.forEach(SimulatedWorker::beat);
      workers.forEach(SimulatedWorker::poll);
    }
  }

  private void crash() {
    List<RunDecision> decisions = new ArrayList<>();
    runsTasks.forEach(task -> decisions.addAll(task.crash()));
    List<InFlight> sent = pool.crash();
    if (!machines.sendsOnlyWhatIsCommitted()) {
      decisions.forEach(this::publish);
      sent.forEach(this::publish);
    }
    coordinate();
  }

  /** While workers hold all that was sent, their heartbeats would say nothing new. */
  private void beat() {
    if (!pool.quiet(workers.size())) {
      workers.forEach(SimulatedWorker::beat);
    }
    after(HEARTBEAT, this::beat);
  }

  private void tick() {
    coordinate();
    after(TICK, this::tick);
  }

  /** Lets the coordinator look at what there is, in a moment. */
  private void coordinate() {
    if (!coordinating) {
      coordinating = true;
      after(20 + random.nextInt(200), this::advance);
    }
  }

  private void advance() {
    coordinating = false;
    if (brokersAway() || now < coordinatorAwayUntil) {
      long back = Math.max(brokersAwayUntil, coordinatorAwayUntil);
      coordinating = true;
      after(Math.max(1, back - now + 1), this::advance);
      return;
    }
    do {
      while (deliver()) {
        if (random.nextInt(20) == 0) {
          commit();
        } else if (random.nextInt(400) == 0) {
          crash();
        }
      }
    } while (commit());
    if (now - looked >= TICK) {
      looked = now;
      runsTasks.forEach(task -> task.timePasses(now, wrong));
      while (commit()) {
        while (deliver()) {}
      }
    }
  }

  private boolean deliver() {
    int first = random.nextInt(3);
    for (int i = 0; i < 3; i++) {
      int task = (first + i) % 3;
      boolean delivered =
          task == 2
              ? pool.deliver(random, now + wrong)
              : runsTasks.get(task).deliver(random, now + wrong);
      if (delivered) {
        return true;
      }
    }
    return false;
  }

  private boolean commit() {
    boolean any = false;
    for (RunsTask task : runsTasks) {
      List<RunDecision> decisions = task.commit();
      decisions.forEach(this::publish);
      any |= !decisions.isEmpty();
    }
    List<InFlight> sent = pool.commit();
    sent.forEach(this::publish);
    return any || !sent.isEmpty();
  }

  private void publish(RunDecision decision) {
    promises.see(decision);
    for (RunEffect effect : decision.effects()) {
      if (effect instanceof RunEffect.QueueJob queued) {
        workers.forEach(SimulatedWorker::beat);
        pool.add(new JobQueued(queued.job()), now);
      } else if (effect instanceof RunEffect.EndJob end) {
        workers.forEach(SimulatedWorker::beat);
        pool.add(new JobEnded(end.job()), now);
      } else if (effect instanceof CloseCommands close) {
        closed.merge(
            close.runId().value(),
            close,
            (before, after) -> after.sequence() >= before.sequence() ? after : before);
        after(50 + random.nextInt(900), () -> workers.forEach(SimulatedWorker::closed));
      }
    }
  }

  private void publish(InFlight sent) {
    promises.see(sent);
    queue.add(sent.job().orElseThrow());
    after(random.nextInt(500), () -> workers.forEach(SimulatedWorker::poll));
  }

  private void send(int topic, String runId, RunEvent event) {
    if (brokersAway()) {
      whenBrokersAreBack.add(() -> send(topic, runId, event));
      return;
    }
    runsTasks
        .get(Math.floorMod(runId.hashCode(), runsTasks.size()))
        .add(topic, new ForRun(runId, event), now);
    coordinate();
  }

  // What workers see of the world.

  long now() {
    return now;
  }

  Random random() {
    return random;
  }

  CommandQueue queue() {
    return queue;
  }

  boolean brokersAway() {
    return now < brokersAwayUntil;
  }

  void after(long delay, Runnable action) {
    events.add(new Event(now + delay, number++, action));
  }

  void heartbeat(String id, Map<JobId, Boolean> holds) {
    if (!brokersAway()) {
      pool.add(
          new WorkerAlive(
              new PoolWorker(
                  id,
                  new PoolWorker.Capacity(1, 0),
                  holds,
                  machines.written(RunsTask.at(now), RunsTask.at(now + wrong)))),
          now);
      coordinate();
    }
  }

  void report(String id, Job job, WorkerReport report) {
    Reporter from = new Reporter(id, job.command().identity().token());
    send(1, job.id().runId(), new Reported(job.id().attempt(), from, report));
  }

  /** The command of a lost worker may go to another one, once the brokers are there. */
  void released(Entry entry, SimulatedWorker holder) {
    if (brokersAway()) {
      whenBrokersAreBack.add(() -> released(entry, holder));
      return;
    }
    queue.release(entry, holder);
    workers.forEach(SimulatedWorker::poll);
  }

  boolean isClosed(Job job) {
    CloseCommands close = closed.get(job.id().runId());
    long sequence = job.command().identity().sequence();
    return close != null
        && sequence <= close.sequence()
        && !(close.except().isPresent() && close.except().getAsLong() == sequence);
  }

  Optional<WorkerReport.Succeeded> finished(JobId job) {
    return Optional.ofNullable(finished.get(job));
  }

  /** No two results of a stage are of one artifact, so it can be told who made it. */
  void publish(String id, Job job) {
    WorkerReport.Succeeded success = finished.get(job.id());
    if (success == null) {
      String digest = "%064x".formatted(finished.size());
      String uri =
          "%s/attempt-%d-%s/"
              .formatted(
                  job.command().outputUri(), job.id().attempt().attempt(), digest.substring(52));
      success =
          new WorkerReport.Succeeded(
              new Artifact(uri, digest, 1000, ArtifactFiles.of(List.of())),
              Samples.success(uri).report());
      finished.put(job.id(), success);
      promises.reported(job.id(), success.output());
    }
    report(id, job, success);
  }

  Fate fate(Job job) {
    return todo(job).fate();
  }

  long duration(Job job) {
    return todo(job).stages().get(job.id().attempt().stageIndex());
  }

  /** After how much work it fails; -1 if it does not. */
  long failsAfter(Job job) {
    Work todo = todo(job);
    boolean first = job.id().attempt().stageIndex() == 0;
    int failed = failures.getOrDefault(job.id().runId(), 0);
    return todo.fate() == Fate.FAILS || (first && failed < todo.failures())
        ? 5 * Schedule.MINUTE
        : -1;
  }

  /** Returns whether a failure more leaves attempts for a stage that can succeed. */
  boolean mayFailOnceMore(Job job) {
    return todo(job).failures() == 0 && failures.merge(job.id().runId(), 1, Integer::sum) == 1;
  }

  /** The stage has killed its worker. */
  void killed(Job job) {
    killed.merge(job.id().runId(), 1, Integer::sum);
  }

  void failed(Job job) {
    failures.merge(job.id().runId(), 1, Integer::sum);
  }

  /** Takes note of work; useful is what a stage takes that nothing disturbs. */
  void busy(long worked, Job job, boolean whole) {
    busy += worked;
    if (fate(job) != Fate.SUCCEEDS) {
      useful += worked;
    } else if (whole && done.add(job.id().runId() + job.id().attempt().stageIndex())) {
      useful += duration(job);
    }
  }

  private Work todo(Job job) {
    Work found = work.get(job.id().runId());
    if (found == null) {
      throw new IllegalStateException("a command of a run that nobody registered: " + job);
    }
    return found;
  }
}
