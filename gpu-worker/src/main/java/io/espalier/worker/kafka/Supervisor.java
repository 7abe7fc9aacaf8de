package io.espalier.worker.kafka;

import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.StoppedException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running worker: claims the commands of its pool, has them carried out in child JVMs, reports.
 *
 * <p>Threads: one per slot owns a share consumer, one per running stage does the work, one reads
 * what people ask of runs, one ticks (heartbeats, progress, deadlines).
 */
public final class Supervisor implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Supervisor.class);
  private static final Duration CATCH_UP = Duration.ofSeconds(60);
  private static final Duration SWEEP_CHECK = Duration.ofMinutes(10);
  private static final Duration ENDING = Duration.ofSeconds(6);
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  private final SupervisorSettings settings;
  private final Producer<byte[], byte[]> producer;
  private final Running running = new Running();
  private final Heartbeats heartbeats;
  private final Cancellations cancellations;
  private final List<ClaimLoop> loops = new ArrayList<>();
  private final List<Thread> owners = new ArrayList<>();
  private final ScheduledExecutorService timers =
      Executors.newSingleThreadScheduledExecutor(daemons("worker-timer"));
  private final ExecutorService work = Executors.newCachedThreadPool(daemons("stage-work"));
  private final Stop sweeping = new Stop();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private boolean closing;

  private Supervisor(SupervisorSettings settings, Clients clients, List<SlotEquipment> slots) {
    this.settings = settings;
    var identity = settings.identity();
    var topics = settings.topics();
    Clock clock = Clock.systemUTC();
    producer = clients.producer();
    var outbox = new Outbox(producer);
    heartbeats = new Heartbeats(topics.workerHeartbeats(), outbox, clock, identity, running);
    cancellations = new Cancellations(clients.reader(), topics.runRequests(), running);
    var events = new StageEvents(topics.stageEvents(), outbox, clock, identity.workerId());
    var reports = new StageWork.Reports(events, new DeadLetters(topics.deadLetters(), outbox));
    for (SlotEquipment slot : slots) {
      var stageWork =
          new StageWork(
              new CommandReader(topics.stageCommands(identity.pool())),
              new Execution(
                  new Workbench(settings.home(), settings.inputs(), slot),
                  events,
                  new Execution.Timing(clock, timers),
                  settings.lease()),
              running,
              reports);
      loops.add(
          new ClaimLoop(
              () -> clients.shareConsumer(settings.group()),
              topics.stageCommands(identity.pool()).name(),
              settings.lease().lock(),
              stageWork,
              work));
    }
  }

  /**
   * Checks topics, configures the group, learns what was cancelled, then begins to claim.
   *
   * @param slots one for each stage that it runs at the same time
   * @throws WorkerException if a topic is missing, or the broker cannot be reached or is too old
   */
  public static Supervisor start(SupervisorSettings settings, List<SlotEquipment> slots) {
    String where =
        String.valueOf(settings.clients().get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG));
    var clients = new KafkaClients(settings.clients());
    try (Admin admin = clients.admin()) {
      var premises = new Premises(admin, where);
      premises.requireTopics(settings.topics(), settings.identity().pool());
      premises.configureGroup(settings.group(), settings.lease());
    }
    return start(settings, clients, slots);
  }

  /** The same where topics and group are known to be as they should. */
  static Supervisor start(SupervisorSettings settings, Clients clients, List<SlotEquipment> slots) {
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
   * Waits until every slot asks the queue for work.
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
    timers.shutdownNow();
    work.shutdownNow();
    cancellations.close();
    heartbeats.last();
    producer.close(LAST_WORDS);
    stopped.complete(null);
    LOGGER.atInfo().addKeyValue("workerId", settings.identity().workerId()).log("worker stopped");
  }

  @SuppressWarnings("FutureReturnValueIgnored") // beats until the timers are shut down
  private void begin() {
    thread("run-requests", cancellations).start();
    await(cancellations.caughtUp(), CATCH_UP, "to learn which runs were cancelled");
    long interval = Heartbeats.INTERVAL.toMillis();
    timers.scheduleAtFixedRate(this::beat, 0, interval, TimeUnit.MILLISECONDS);
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
    var leftovers = new Leftovers(settings.home());
    do {
      try {
        leftovers.sweep(sweeping);
      } catch (StoppedException e) {
        return;
      }
    } while (!sweeping.await(SWEEP_CHECK));
  }

  private void beat() {
    try {
      heartbeats.beat();
    } catch (RuntimeException e) { // or the timer would never tick again
      LOGGER.atWarn().setCause(e).log("heartbeat not sent");
    }
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
      throw new WorkerException("the worker failed: " + e.getCause(), true, e);
    } catch (TimeoutException e) {
      throw new WorkerException(
          "the worker took longer than %s %s; is the broker reachable?".formatted(patience, what),
          true,
          e);
    }
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
