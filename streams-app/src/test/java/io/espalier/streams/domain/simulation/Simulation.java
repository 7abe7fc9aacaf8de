package io.espalier.streams.domain.simulation;

import io.espalier.streams.domain.Samples;
import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.model.Artifact;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.policy.Gate;
import io.espalier.streams.domain.policy.GateRule;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.domain.pool.PoolEvent.JobEnded;
import io.espalier.streams.domain.pool.PoolEvent.JobQueued;
import io.espalier.streams.domain.pool.PoolEvent.WorkerAlive;
import io.espalier.streams.domain.pool.Turn;
import io.espalier.streams.domain.run.Decision;
import io.espalier.streams.domain.run.Effect;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.Plan;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunEvent;
import io.espalier.streams.domain.run.RunEvent.CancelRequested;
import io.espalier.streams.domain.run.RunEvent.Planned;
import io.espalier.streams.domain.run.RunEvent.Released;
import io.espalier.streams.domain.run.RunEvent.Reported;
import io.espalier.streams.domain.run.RunEvent.RetryRequested;
import io.espalier.streams.domain.stage.FailureKind;
import io.espalier.streams.domain.stage.Metric;
import io.espalier.streams.domain.stage.Progress;
import io.espalier.streams.domain.stage.Report;
import io.espalier.streams.domain.stage.StageAttempt;
import io.espalier.streams.domain.stage.StageReport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Two partitions of runs, a pool, workers and the topics between them, in an order drawn from a
 * seed.
 *
 * <p>Each task commits or crashes on its own. Workers die, are silent, report twice, late, or on
 * what is not known; commands get lost; registrations come again; some models match no policy.
 */
final class Simulation {
  private static final int STEPS = 200;
  private static final int ROUNDS = 40;
  private static final Duration LONGER_THAN_A_DEADLINE = Duration.ofHours(8);
  private static final List<FailureKind> FAILURES = List.of(FailureKind.values());

  /** A report as it was sent, to be sent again. */
  private record Sent(String topic, ForRun message) {}

  private final Random random;
  private final int models;
  private final Machines machines;
  private final Promises promises = new Promises();
  private final List<RunsTask> runsTasks = new ArrayList<>();
  private final PoolTask pool;
  private final List<Job> commands = new ArrayList<>();
  private final List<Sent> sent = new ArrayList<>();
  private final Set<String> expected = new TreeSet<>();
  private Instant now = Samples.START;
  private int artifacts;

  Simulation(Machines machines, long seed, int models) {
    this.machines = machines;
    this.random = new Random(seed);
    this.models = models;
    pool = new PoolTask(machines, promises);
    runsTasks.add(new RunsTask(machines, promises, now));
    runsTasks.add(new RunsTask(machines, promises, now));
  }

  /** Runs it to its end and says which promises were broken. */
  Set<String> run() {
    for (int step = 0; step < STEPS; step++) {
      disturb();
    }
    settle();
    Map<String, Run> runs = new TreeMap<>();
    runsTasks.forEach(task -> runs.putAll(task.runs()));
    promises.atTheEnd(expected, runs);
    promises.require(
        pool.pool().waiting().isEmpty() && pool.pool().inFlightCount() == 0,
        "the pool still has jobs");
    return promises.broken();
  }

  List<Object> transcript() {
    return promises.transcript();
  }

  private void disturb() {
    switch (random.nextInt(20)) {
      case 0 -> register();
      case 1, 2 -> heartbeat();
      case 3 -> pass(Duration.ofSeconds(random.nextInt(random.nextInt(10) == 0 ? 900 : 40)));
      case 4 -> crash();
      case 5 -> repeatSomething();
      case 6 -> request();
      case 7, 8, 9 -> work();
      case 10, 11, 12, 13 -> commit();
      default -> deliverSome();
    }
  }

  /** What is on its way arrives, with or without workers; the deadline sees to the rest. */
  private void settle() {
    boolean staffed = random.nextInt(4) > 0;
    for (int round = 0; round < ROUNDS; round++) {
      if (staffed) {
        heartbeat();
        quiesce();
        work();
      }
      quiesce();
      pass(LONGER_THAN_A_DEADLINE.dividedBy(ROUNDS));
    }
    quiesce();
  }

  private void heartbeat() {
    pool.add(new WorkerAlive("w" + random.nextInt(3), random.nextInt(3)));
  }

  private void deliverSome() {
    for (int i = random.nextInt(5); i >= 0; i--) {
      deliver();
    }
  }

  private void quiesce() {
    do {
      while (deliver()) {}
    } while (commitAll());
  }

  private void register() {
    int number = random.nextInt(models);
    // Every fourth model is an output of this system: no policy is for it.
    Model model = Samples.model("model-" + number, "tenant-" + number % 2, number % 4 == 3 ? 1 : 0);
    List<Gate> gates =
        number % 2 == 0
            ? List.of()
            : List.of(new Gate("accuracy", GateRule.THRESHOLD, Promises.LEAST_ACCURACY));
    Policy policy = Samples.policy(1 + number % 3 % 2, gates, Samples.ANY);
    if (policy.accepts(model)) {
      Plan plan = new Plan(model, policy, "trace");
      expected.add(plan.runId().value());
      send("plans", plan.runId().value(), new Planned(plan));
    }
  }

  private void send(String topic, String runId, RunEvent event) {
    ForRun message = new ForRun(runId, event);
    runsTask(runId).add(topic, message);
    sent.add(new Sent(topic, message));
  }

  private RunsTask runsTask(String runId) {
    return runsTasks.get(Math.floorMod(runId.hashCode(), runsTasks.size()));
  }

  private void repeatSomething() {
    if (random.nextInt(8) == 0) {
      JobId foreign = new JobId("nobody-s-run", StageAttempt.FIRST);
      send("reports", foreign.runId(), new Reported(foreign.attempt(), "w0", report(foreign)));
    } else if (!sent.isEmpty()) {
      Sent again = sent.get(random.nextInt(sent.size()));
      send(again.topic(), again.message().runId(), again.message().event());
    }
  }

  private void request() {
    if (!expected.isEmpty() && random.nextInt(3) == 0) {
      String run = List.copyOf(expected).get(random.nextInt(expected.size()));
      RunEvent request =
          random.nextInt(6) == 0
              ? new CancelRequested("me", "no")
              : new RetryRequested("me", "now");
      send("requests", run, request);
    }
  }

  /** A worker says something of a command; now and then the command is gone afterwards. */
  private void work() {
    if (commands.isEmpty()) {
      return;
    }
    Job job = commands.get(random.nextInt(commands.size()));
    if (random.nextInt(6) == 0) {
      commands.remove(job);
    }
    String worker = "w" + random.nextInt(3);
    send("reports", job.id().runId(), new Reported(job.id().attempt(), worker, report(job.id())));
  }

  private Report report(JobId job) {
    return switch (random.nextInt(8)) {
      case 0, 1 -> new Report.Started(1, "cpu");
      case 2, 3 -> new Report.Progressed(new Progress("p", 1, 2, Optional.empty(), Map.of()));
      case 4, 5 -> success(job);
      default ->
          new Report.Failed(
              FAILURES.get(random.nextInt(FAILURES.size())), "because", random.nextInt(5) > 0);
    };
  }

  /** No two successes are of one artifact, so what is published can be traced to who made it. */
  private Report success(JobId job) {
    String digest = "%064x".formatted(artifacts++);
    Artifact output = new Artifact("file:///out/" + job + "/" + digest, digest, 1000, List.of());
    promises.reported(job, output);
    StageReport report = Samples.success(accuracy(0.3 + random.nextDouble())).report();
    return new Report.Succeeded(output, report);
  }

  private static Metric accuracy(double after) {
    return new Metric(
        "accuracy",
        "fraction",
        OptionalDouble.of(1),
        OptionalDouble.of(after),
        true,
        Optional.empty(),
        OptionalLong.empty());
  }

  private boolean deliver() {
    int first = random.nextInt(runsTasks.size() + 1);
    for (int i = 0; i <= runsTasks.size(); i++) {
      int task = (first + i) % (runsTasks.size() + 1);
      boolean delivered =
          task == runsTasks.size()
              ? pool.deliver(random, now)
              : runsTasks.get(task).deliver(random, now);
      if (delivered) {
        return true;
      }
    }
    return false;
  }

  private void pass(Duration time) {
    now = now.plus(time);
    runsTasks.forEach(task -> task.timePasses(now));
  }

  private void commit() {
    int task = random.nextInt(runsTasks.size() + 1);
    if (task == runsTasks.size()) {
      pool.commit().forEach(this::publish);
    } else {
      runsTasks.get(task).commit().forEach(this::publish);
    }
  }

  private boolean commitAll() {
    List<Decision> decisions = new ArrayList<>();
    runsTasks.forEach(task -> decisions.addAll(task.commit()));
    List<Turn> turns = pool.commit();
    decisions.forEach(this::publish);
    turns.forEach(this::publish);
    return !decisions.isEmpty() || !turns.isEmpty();
  }

  private void crash() {
    int task = random.nextInt(runsTasks.size() + 1);
    List<Turn> turns = task == runsTasks.size() ? pool.crash() : List.of();
    List<Decision> decisions = task < runsTasks.size() ? runsTasks.get(task).crash(now) : List.of();
    if (!machines.sendsOnlyWhatIsCommitted()) {
      turns.forEach(this::publish);
      decisions.forEach(this::publish);
    }
  }

  private void publish(Decision decision) {
    promises.see(decision);
    for (Effect effect : decision.effects()) {
      if (effect instanceof Effect.QueueJob queue) {
        pool.add(new JobQueued(queue.job()));
      } else if (effect instanceof Effect.EndJob end) {
        pool.add(new JobEnded(end.job()));
      }
    }
  }

  private void publish(Turn turn) {
    promises.see(turn);
    for (Job job : turn.released()) {
      send("releases", job.id().runId(), new Released(job.id().attempt()));
      commands.add(job);
    }
  }
}
