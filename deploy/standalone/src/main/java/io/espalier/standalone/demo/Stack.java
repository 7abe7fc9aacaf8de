package io.espalier.standalone.demo;

import io.espalier.schemas.Installation;
import io.espalier.schemas.Topics;
import io.espalier.schemas.TransientFailures;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.UnreachableException;
import io.espalier.standalone.local.CurrentStack;
import io.espalier.standalone.local.DirectoryLock;
import io.espalier.standalone.local.LiveProcess;
import io.espalier.standalone.local.LocalBroker;
import io.espalier.standalone.local.LocalCommand;
import io.espalier.standalone.local.LocalRegistry;
import io.espalier.standalone.local.LocalService;
import io.espalier.standalone.local.Ports;
import io.espalier.standalone.local.ServiceException;
import io.espalier.standalone.local.StackEnd;
import io.espalier.standalone.local.StackFile;
import io.espalier.standalone.local.StackRecord;
import io.espalier.standalone.report.Narration;
import io.espalier.worker.checkpoint.store.StoreMarker;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A whole installation on this machine: broker, registry, coordinator and one worker, each in its
 * own JVM with a bounded heap, and each started again when it ends. Ends with this process, however
 * that ends. Nobody else can start one in the same directory meanwhile. A file in the directory
 * says what runs.
 */
public final class Stack implements AutoCloseable {
  private static final long PAUSE_NANOS = 100_000_000;
  private static final long TELL_NANOS = 20_000_000_000L;

  private final StackSettings settings;
  private final Narration narration;
  private final StackFile file;
  private final Deque<AutoCloseable> running = new ArrayDeque<>();
  private final List<Watched> watched = new ArrayList<>();
  private final Thread hook = new Thread(this::stopAtExit, "stop-stack");
  private final long deadline;
  private Address address = new Address("", "", Topics.DEFAULT_PREFIX);
  private boolean ready;
  private boolean stopped;

  private Stack(StackSettings settings, Narration narration) {
    this.settings = settings;
    this.narration = narration;
    this.file = new StackFile(settings.directory());
    this.deadline = System.nanoTime() + settings.patience().toNanos();
  }

  /**
   * Starts everything in a directory and waits until all of it works.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if another one runs in the directory,
   *     or a port is taken
   * @throws ServiceException if something does not work in time
   */
  public static Stack start(StackSettings settings, Narration narration) {
    var stack = new Stack(settings, narration);
    Runtime.getRuntime().addShutdownHook(stack.hook);
    try {
      stack.takeDirectory();
      stack.startStorage();
      stack.startServices();
      return stack;
    } catch (RuntimeException failed) {
      stack.close();
      throw failed;
    }
  }

  /** Returns where it is. */
  public Address address() {
    return address;
  }

  /** Returns where artifacts are published. */
  public Path artifacts() {
    return settings.directory().resolve("artifacts");
  }

  /**
   * Lets the clients of this user find it for as long as it runs.
   *
   * @return whether they will
   */
  public boolean makeCurrent(CurrentStack current) {
    boolean found = current.set(settings.directory());
    keep(() -> current.clear(settings.directory()));
    return found;
  }

  /**
   * Starts again whatever has ended, on the same data.
   *
   * @throws ServiceException if something ends so often that it is of no use
   */
  public synchronized void heal() {
    Instant now = Instant.now();
    boolean changed = false;
    for (Watched each : watched) {
      changed |= each.look(now);
    }
    if (changed) {
      describe();
    }
  }

  /** Stops everything, the last started first. */
  @Override
  public void close() {
    stopAll();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException endingAlready) {
      // then the hook runs, or has run, and finds nothing left
    }
  }

  /** Takes the directory; processes of an earlier stack that was killed need a moment to end. */
  private void takeDirectory() {
    keep(DirectoryLock.take(settings.directory()));
    file.read().ifPresent(StackEnd::awaitServices);
    keep(file::remove);
  }

  private void startStorage() {
    Ports ports = settings.ports().require();
    Path directory = settings.directory();
    LocalBroker broker = LocalBroker.begin(directory.resolve("broker"), ports.broker());
    Watched brokerWatch = watch("broker", broker);
    LocalRegistry registry = LocalRegistry.begin(directory.resolve("registry"), ports.registry());
    Watched registryWatch = watch("schema registry", registry);
    address = new Address(broker.bootstrapServers(), registry.url(), Topics.DEFAULT_PREFIX);
    await(brokerWatch.inWords(), brokerWatch::works);
    narration.say("Kafka broker at " + broker.bootstrapServers());
    await(registryWatch.inWords(), registryWatch::works);
    narration.say("schema registry at " + registry.url());
    await("the set-up of topics and schemas", this::isSetUp);
    StoreMarker.write(artifacts().toUri());
  }

  /** A broker that is slow is asked again. */
  private boolean isSetUp() {
    try (Cluster cluster = Cluster.connect(address)) {
      Installation.Added added =
          cluster.setUp(List.of(StackCommands.POOL), Topics.DEFAULT_PARTITIONS, (short) 1);
      narration.say(
          "%d topics and %d schemas set up"
              .formatted(added.topics().size(), added.subjects().size()));
      return true;
    } catch (RuntimeException failed) {
      if (failed instanceof UnreachableException || TransientFailures.include(failed)) {
        return false;
      }
      throw failed;
    }
  }

  private void startServices() {
    var commands = new StackCommands(settings, address, artifacts());
    Instant begin = Instant.now();
    Watched coordinator = watch("coordinator", commands.coordinator());
    Watched worker = watch("worker", commands.worker());
    await(coordinator.inWords(), coordinator::works);
    await(worker.inWords(), worker::works);
    try (var heard = new WorkerHeard(address, begin, narration)) {
      await("a sign of life of " + worker.inWords(), heard::works);
    }
    ready = true;
    describe();
    narration.say("coordinator and one CPU worker work");
  }

  private void await(String what, BooleanSupplier works) {
    long told = System.nanoTime();
    while (!works.getAsBoolean()) {
      heal();
      if (System.nanoTime() - told > TELL_NANOS) {
        narration.say("waiting for " + what);
        told = System.nanoTime();
      }
      if (System.nanoTime() > deadline) {
        throw new ServiceException(
            "waited %d s for %s; is the machine overloaded? --wait sets how long to wait"
                .formatted(settings.patience().toSeconds(), what));
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new ServiceException("interrupted while waiting for " + what);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private Watched watch(String name, StackCommands.Command command) {
    return watch(
        name,
        LocalCommand.begin(
            name, settings.directory(), command.heapMegabytes(), command.arguments()));
  }

  private synchronized Watched watch(String name, LocalService service) {
    var watch = new Watched(name, service, narration);
    watched.add(watch);
    keep(service);
    describe();
    return watch;
  }

  private synchronized void keep(AutoCloseable started) {
    running.push(started);
    if (stopped) {
      stopAll();
      throw new ServiceException("stopped while it started");
    }
  }

  private synchronized void describe() {
    file.write(
        new StackRecord(
            LiveProcess.current(),
            ready,
            address,
            StackCommands.POOL,
            watched.stream().map(Watched::describe).toList()));
  }

  private void stopAtExit() {
    narration.say("stopping everything; data, logs and artifacts stay in " + settings.directory());
    stopAll();
  }

  private synchronized void stopAll() {
    stopped = true;
    watched.clear();
    while (!running.isEmpty()) {
      try {
        running.pop().close();
      } catch (Exception failed) {
        // the next one must be stopped all the same; the lifeline ends this one
        System.err.println("could not stop a service in order: " + failed);
      }
    }
  }
}
