package io.espalier.streams.domain;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.pool.Dispatcher;
import io.espalier.streams.domain.pool.Pool;
import io.espalier.streams.domain.pool.PoolEvent;
import io.espalier.streams.domain.pool.PoolEvent.JobEnded;
import io.espalier.streams.domain.pool.PoolEvent.JobQueued;
import io.espalier.streams.domain.pool.PoolEvent.WorkerAlive;
import io.espalier.streams.domain.pool.Turn;
import io.espalier.streams.domain.run.Decision;
import io.espalier.streams.domain.run.Effect;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunEvent;
import io.espalier.streams.domain.run.RunEvent.CancelRequested;
import io.espalier.streams.domain.run.RunEvent.Planned;
import io.espalier.streams.domain.run.RunEvent.Released;
import io.espalier.streams.domain.run.RunEvent.Reported;
import io.espalier.streams.domain.run.RunEvent.RetryRequested;
import io.espalier.streams.domain.run.RunEvent.TimePassed;
import io.espalier.streams.domain.run.RunMachine;
import io.espalier.streams.domain.run.RunSettings;
import io.espalier.streams.domain.stage.FailureKind;
import io.espalier.streams.domain.stage.Progress;
import io.espalier.streams.domain.stage.Report;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * Runs, a pool, workers and the topics between them, in an order drawn from a seed.
 *
 * <p>Topics keep the order of a key and nothing else. Workers die, are silent, report twice, late
 * or on what is not theirs; commands get lost; registrations come again; the coordinator restarts.
 */
final class Simulation {
  private static final int STEPS = 200;
  private static final List<FailureKind> FAILURES = List.of(FailureKind.values());

  private final Random random;
  private final RunMachine machine = new RunMachine(RunSettings.under("file:///artifacts"));
  private final Map<String, Deque<ForRun>> runTopics = new HashMap<>();
  private final Deque<PoolEvent> poolTopic = new ArrayDeque<>();
  private final List<Job> commands = new ArrayList<>();
  private final List<ForRun> sent = new ArrayList<>();
  private final Map<String, Run> runs = new HashMap<>();
  private final Set<String> expected = new HashSet<>();
  private final Map<String, Integer> endings = new HashMap<>();
  private final Set<JobId> queued = new HashSet<>();
  private final Set<JobId> released = new HashSet<>();
  private final List<String> broken = new ArrayList<>();
  private final int models;
  private Pool pool = Pool.empty();
  private Instant now = Samples.START;
  private Instant listeningSince = now;

  Simulation(long seed, int models) {
    this.random = new Random(seed);
    this.models = models;
  }

  List<String> brokenPromises() {
    return broken;
  }

  void run() {
    for (int step = 0; step < STEPS; step++) {
      disturb();
    }
    settle();
    for (String run : expected) {
      promise(endings.getOrDefault(run, 0) == 1, run + " has other than one ending");
      promise(runs.containsKey(run) && runs.get(run).ended(), run + " has not ended");
    }
    promise(pool.waiting().isEmpty() && pool.inFlightCount() == 0, "the pool still has jobs");
  }

  private void disturb() {
    switch (random.nextInt(12)) {
      case 0 -> register(random.nextInt(models));
      case 1 -> poolTopic.add(new WorkerAlive("w" + random.nextInt(3), random.nextInt(3)));
      case 2 -> pass(Duration.ofSeconds(random.nextInt(90)));
      case 3 -> listeningSince = now;
      case 4 -> repeatSomething();
      case 5 -> request();
      case 6, 7 -> work();
      default -> deliver();
    }
  }

  /** Time goes on until everything is over: the deadline sees to that. */
  private void settle() {
    for (int hour = 0; hour < 8; hour++) {
      while (deliver()) {}
      pass(Duration.ofHours(1));
    }
    while (deliver()) {}
  }

  private void register(int model) {
    var plan = Samples.plan("model-" + model, 1 + model % 2);
    expected.add(plan.runId().value());
    send(new ForRun(plan.runId().value(), new Planned(plan)));
  }

  private void send(ForRun message) {
    runTopics
        .computeIfAbsent(message.runId() + kind(message), k -> new ArrayDeque<>())
        .add(message);
    sent.add(message);
  }

  /** Messages of one run by different topics may overtake each other. */
  private static String kind(ForRun message) {
    return message.event().getClass().getSimpleName();
  }

  private void repeatSomething() {
    if (!sent.isEmpty()) {
      send(sent.get(random.nextInt(sent.size())));
    }
  }

  private void request() {
    if (!expected.isEmpty() && random.nextInt(4) == 0) {
      String run = List.copyOf(expected).get(random.nextInt(expected.size()));
      send(
          new ForRun(
              run,
              random.nextBoolean()
                  ? new CancelRequested("me", "no")
                  : new RetryRequested("me", "now")));
    }
  }

  private void work() {
    if (commands.isEmpty()) {
      return;
    }
    Job job = commands.get(random.nextInt(commands.size()));
    if (random.nextInt(6) == 0) {
      commands.remove(job);
    }
    String worker = "w" + random.nextInt(3);
    send(new ForRun(job.id().runId(), new Reported(job.id().attempt(), worker, report())));
  }

  private Report report() {
    return switch (random.nextInt(8)) {
      case 0, 1 -> new Report.Started(1, "cpu");
      case 2, 3 -> new Report.Progressed(new Progress("p", 1, 2, Optional.empty(), Map.of()));
      case 4, 5 -> Samples.success();
      default ->
          new Report.Failed(
              FAILURES.get(random.nextInt(FAILURES.size())), "because", random.nextInt(3) > 0);
    };
  }

  private boolean deliver() {
    if (!poolTopic.isEmpty() && random.nextBoolean()) {
      turn(poolTopic.remove());
      return true;
    }
    List<Deque<ForRun>> ready = runTopics.values().stream().filter(q -> !q.isEmpty()).toList();
    if (!ready.isEmpty()) {
      ForRun message = ready.get(random.nextInt(ready.size())).remove();
      advance(message.runId(), message.event());
      return true;
    }
    if (!poolTopic.isEmpty()) {
      turn(poolTopic.remove());
      return true;
    }
    return false;
  }

  private void pass(Duration time) {
    now = now.plus(time);
    for (String run : List.copyOf(runs.keySet())) {
      advance(run, new TimePassed(listeningSince));
    }
  }

  private void advance(String id, RunEvent event) {
    Optional<Run> before = Optional.ofNullable(runs.get(id));
    before
        .map(run -> machine.advance(run, event, now))
        .or(() -> machine.begin(event, now))
        .filter(Decision::changed)
        .ifPresent(
            decision -> {
              promise(!before.map(Run::ended).orElse(false), id + " changed after its end");
              runs.put(id, decision.run());
              check(decision.run());
              decision.effects().forEach(effect -> carryOut(id, effect));
            });
  }

  private void carryOut(String id, Effect effect) {
    if (effect instanceof Effect.QueueJob queue) {
      promise(queued.add(queue.job().id()), queue.job().id() + " was queued twice");
      poolTopic.add(new JobQueued(queue.job()));
    } else if (effect instanceof Effect.EndJob end) {
      poolTopic.add(new JobEnded(end.job()));
    } else if (effect instanceof Effect.Publish || effect instanceof Effect.Reject) {
      promise(endings.merge(id, 1, Integer::sum) == 1, id + " ended twice");
    }
  }

  private void check(Run run) {
    int most = run.policy().effort().maxAttempts();
    promise(run.attempt().attempt() <= most, run.id() + " had more attempts than allowed");
    promise(
        run.ended() || machine.wakeAt(run, listeningSince).isPresent(),
        run.id() + " could sleep for ever");
  }

  private void turn(PoolEvent event) {
    Turn turn = Dispatcher.advance(pool, event, now);
    pool = turn.pool();
    for (Job job : turn.released()) {
      promise(queued.contains(job.id()), job.id() + " was released but never waited");
      promise(released.add(job.id()), job.id() + " was released twice");
      send(new ForRun(job.id().runId(), new Released(job.id().attempt())));
      commands.add(job);
    }
    promise(
        turn.released().isEmpty() || pool.inFlightCount() <= pool.slots(now),
        "more jobs with workers than slots");
  }

  private void promise(boolean kept, String otherwise) {
    if (!kept) {
      broken.add(otherwise);
    }
  }
}
