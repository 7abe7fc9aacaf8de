package io.espalier.worker.kafka;

import io.espalier.event.ClosedAttempts;
import io.espalier.event.WorkerHeartbeat;
import io.espalier.schemas.TransientFailures;
import io.espalier.worker.domain.DurationWords;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.kafka.claim.ClaimLoop;
import io.espalier.worker.kafka.claim.CommandReader;
import io.espalier.worker.kafka.claim.HeldCommands;
import io.espalier.worker.kafka.claim.OtherHolders;
import io.espalier.worker.kafka.claim.OtherWorkers;
import io.espalier.worker.kafka.claim.Slots;
import io.espalier.worker.kafka.record.DeadLetters;
import io.espalier.worker.kafka.record.KafkaClients;
import io.espalier.worker.kafka.record.Outbox;
import io.espalier.worker.kafka.record.TopicFollower;
import io.espalier.worker.kafka.record.WorkerClients;
import io.espalier.worker.kafka.work.LeftoverSweep;
import io.espalier.worker.kafka.work.SlotEquipment;
import io.espalier.worker.kafka.work.StageRunner;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.StoppedException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running worker: claims the commands of its pool, has them carried out in child JVMs, reports.
 *
 * <p>Threads: one per slot and one more own a share consumer each, one per command held does the
 * work, one per stage at work reports its progress, one reads which commands are closed, one reads
 * what other workers hold, one sends heartbeats, one checks fitness, one looks for stalls. None of
 * them waits for another.
 */
public final class Supervisor implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Supervisor.class);
  private static final Duration CATCH_UP = Duration.ofSeconds(60);
  private static final Duration SWEEP_CHECK = Duration.ofMinutes(10);
  private static final Duration ENDING = Duration.ofSeconds(6);

  private final SupervisorSettings settings;
  private final Clock clock = Clock.systemUTC();
  private final HeartbeatLoop heartbeatLoop = new HeartbeatLoop(this::beat);
  private final HeldCommands held = new HeldCommands(heartbeatLoop::changed);
  private final Fitness fitness = new Fitness(this::fitnessChanged);
  private final Slots slots;
  private final Outbox outbox;
  private final Heartbeats heartbeats;
  private final StageEvents events;
  private final FitnessLoop fitnessLoop;
  private final TopicFollower<ClosedAttempts> closedAttempts;
  private final TopicFollower<WorkerHeartbeat> otherHeartbeats;
  private final List<ClaimLoop> loops = new ArrayList<>();
  private final List<Thread> owners = new ArrayList<>();
  private final ScheduledExecutorService timers =
      Executors.newSingleThreadScheduledExecutor(daemons("worker-timer"));
  private final ExecutorService work = Executors.newCachedThreadPool(daemons("stage-work"));
  private final Stop sweeping = new Stop();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private boolean closing;

  private Supervisor(
      SupervisorSettings settings, WorkerClients clients, List<SlotEquipment> equipment) {
    this.settings = settings;
    var identity = settings.identity();
    var topics = settings.topics();
    outbox = new Outbox(clients::producer);
    slots =
        new Slots(equipment.size(), () -> fitness.outOfService().isEmpty(), heartbeatLoop::changed);
    var condition = new Heartbeats.Condition(held, slots, fitness);
    heartbeats = new Heartbeats(topics.workerHeartbeats(), outbox, clock, identity, condition);
    events = new StageEvents(topics.stageEvents(), outbox, clock, identity.workerId());
    fitnessLoop = new FitnessLoop(fitness, checks(), this::probe);
    closedAttempts =
        new TopicFollower<>(
            clients.reader(),
            new TopicFollower.Subject<>(
                topics.closedAttempts(), TopicFollower.Start.BEGINNING, held::close));
    var others = new OtherWorkers(identity.workerId(), identity.pool());
    otherHeartbeats =
        new TopicFollower<>(
            clients.reader(),
            new TopicFollower.Subject<>(
                topics.workerHeartbeats(), TopicFollower.Start.RECENT, others::heard));
    StageWork stageWork = stageWork(equipment, new OtherHolders(held, others));
    var queue =
        new ClaimLoop.Queue(
            () -> clients.shareConsumer(settings.group()),
            topics.stageCommands(identity.pool()).name(),
            settings.lease());
    for (int loop = 0; loop <= equipment.size(); loop++) {
      loops.add(new ClaimLoop(queue, slots, stageWork, work));
    }
  }

  /** Returns what is looked at from outside, and how the stages went. */
  private Map<String, Supplier<Optional<String>>> checks() {
    Map<String, Supplier<Optional<String>>> checks = new HashMap<>(settings.checks());
    checks.put(FailureStreak.CHECK, fitness.streak()::problem);
    return checks;
  }

  private StageWork stageWork(List<SlotEquipment> equipment, OtherHolders holders) {
    var topics = settings.topics();
    var reports =
        new ReportDelivery(events, new DeadLetters(topics.deadLetters(), outbox), fitness);
    List<StageRunner> runners =
        equipment.stream()
            .map(slot -> new StageRunner(settings.home(), settings.inputs(), slot))
            .toList();
    var execution =
        new StageExecution(
            runners,
            reports,
            holders,
            new StageExecution.Timing(clock, timers),
            StageExecution.Bounds.of(settings.lease(), settings.stall()));
    var reader = new CommandReader(topics.stageCommands(settings.identity().pool()));
    return new StageWork(reader, execution, holders, reports, settings.lease());
  }

  /**
   * Checks topics, configures the group, learns which commands are closed, then begins to claim.
   *
   * @param slots one for each stage that it runs at the same time
   * @throws WorkerException if a topic is missing, or the broker cannot be reached or is too old
   */
  public static Supervisor start(SupervisorSettings settings, List<SlotEquipment> slots) {
    String where =
        String.valueOf(settings.clients().get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG));
    var clients = new KafkaClients(settings.clients());
    try (Admin admin = clients.admin()) {
      var premises = new BrokerChecks(admin, where);
      premises.requireTopics(settings.topics(), settings.identity().pool());
      premises.configureGroup(settings.group(), settings.lease());
    }
    return start(settings, clients, slots);
  }

  /** The same where topics and group are known to be as they should. */
  static Supervisor start(
      SupervisorSettings settings, WorkerClients clients, List<SlotEquipment> slots) {
    var supervisor = new Supervisor(settings, clients, slots);
    try {
      supervisor.begin();
      return supervisor;
    } catch (RuntimeException e) {
      supervisor.close();
      throw e;
    }
  }

  /**
   * Waits until the queue is asked for work, or the worker has found itself out of service.
   *
   * @throws WorkerException if it stopped or the time is over
   */
  public void awaitRunning(Duration patience) {
    var all =
        CompletableFuture.allOf(
            loops.stream().map(ClaimLoop::running).toArray(CompletableFuture[]::new));
    await(CompletableFuture.anyOf(all, stopped), patience, "to ask the queue for work");
  }

  /**
   * Waits until it has stopped.
   *
   * @throws WorkerException if it stopped because it failed
   */
  public void awaitStopped() {
    await(stopped, Duration.ofDays(36_500), "to stop");
  }

  /**
   * Claims nothing more, gives back what is under way, says farewell. Takes 10 s at most; a second
   * call does nothing.
   */
  @Override
  public void close() {
    synchronized (this) {
      if (closing) {
        return;
      }
      closing = true;
    }
    loops.forEach(ClaimLoop::close);
    sweeping.request(Stop.Reason.CLOSING, "the worker is shutting down");
    long until = System.nanoTime() + ENDING.toNanos();
    owners.forEach(owner -> join(owner, until));
    fitnessLoop.close();
    heartbeatLoop.close();
    timers.shutdownNow();
    work.shutdownNow();
    closedAttempts.close();
    otherHeartbeats.close();
    heartbeats.last();
    outbox.close();
    stopped.complete(null);
    LOGGER.atInfo().addKeyValue("workerId", settings.identity().workerId()).log("worker stopped");
  }

  private void begin() {
    thread("closed-attempts", closedAttempts).start();
    thread("other-heartbeats", otherHeartbeats).start();
    await(closedAttempts.caughtUp(), CATCH_UP, "to learn which commands are closed");
    await(otherHeartbeats.caughtUp(), CATCH_UP, "to learn what other workers hold");
    fitnessLoop.begin();
    thread("fitness", fitnessLoop).start();
    thread("heartbeats", heartbeatLoop).start();
    thread("store-sweep", this::sweepDaily).start();
    for (ClaimLoop loop : loops) {
      Thread owner = thread("claim-" + owners.size(), loop);
      owners.add(owner);
      owner.start();
    }
    LOGGER
        .atInfo()
        .addKeyValue("workerId", settings.identity().workerId())
        .addKeyValue("pool", settings.identity().pool())
        .addKeyValue("slots", settings.identity().slots())
        .log("worker started");
  }

  private void sweepDaily() {
    var leftovers = new LeftoverSweep(settings.home());
    do {
      try {
        leftovers.sweep(sweeping);
      } catch (StoppedException e) {
        return;
      }
    } while (!sweeping.await(SWEEP_CHECK));
  }

  private void beat() {
    heartbeats.beat();
  }

  private void fitnessChanged() {
    slots.wake();
    heartbeatLoop.changed();
  }

  /** Tries a new producer too: one that was refused once may be of no use any more. */
  private void probe() {
    if (fitness.isFailing(ReportDelivery.CHECK)) {
      outbox.renew();
    }
    events.probe(settings.identity().pool());
  }

  private Thread thread(String name, Runnable task) {
    return daemons(name)
        .newThread(
            () -> {
              try {
                task.run();
              } catch (RuntimeException | Error e) {
                LOGGER.atError().setCause(e).addKeyValue("thread", name).log("worker failed");
                stopped.completeExceptionally(e);
                Thread closer = new Thread(this::close, "worker-closer");
                closer.start(); // not here: closing waits for this thread
              }
            });
  }

  private void await(CompletableFuture<?> future, Duration patience, String what) {
    try {
      CompletableFuture.anyOf(future, stopped).get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WorkerException("interrupted while waiting for the worker " + what, true, e);
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    } catch (TimeoutException e) {
      throw new UnreachableException(
          "the worker took longer than %s %s; is the broker reachable?"
              .formatted(DurationWords.of(patience), what),
          e);
    }
  }

  /**
   * Returns what brokers and registries say or do not say is nothing that this process did wrong.
   */
  private static WorkerException failure(@Nullable Throwable cause) {
    String message = "the worker failed: " + cause;
    return cause instanceof KafkaException || (cause != null && TransientFailures.include(cause))
        ? new UnreachableException(message, cause)
        : new WorkerException(message, true, cause);
  }

  private static void join(Thread owner, long untilNanos) {
    try {
      owner.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(untilNanos - System.nanoTime())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static ThreadFactory daemons(String name) {
    return task -> {
      var thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }
}
