package io.espalier.standalone.demo;

import io.espalier.schemas.Topics;
import io.espalier.standalone.client.Address;
import io.espalier.standalone.client.Cluster;
import io.espalier.standalone.local.DirectoryLock;
import io.espalier.standalone.local.LocalBroker;
import io.espalier.standalone.local.LocalCommand;
import io.espalier.standalone.local.LocalRegistry;
import io.espalier.standalone.local.LocalService;
import io.espalier.standalone.local.ServiceException;
import io.espalier.standalone.report.Narration;
import io.espalier.worker.checkpoint.StoreMarker;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

/**
 * A whole installation on this machine: broker, registry, coordinator and one worker, each in its
 * own JVM with a bounded heap. Ends with this process, however that ends. Nobody else can start one
 * in the same directory meanwhile.
 */
public final class Stack implements AutoCloseable {
  private static final String POOL = "default";
  private static final int COORDINATOR_HEAP = 384;
  private static final int WORKER_HEAP = 256;
  private static final int THREADS = 2;
  private static final Duration HEARTBEAT_LIMIT = Duration.ofMinutes(2);

  private final Path directory;
  private final List<Path> roots;
  private final Narration narration;
  private final Deque<AutoCloseable> running = new ArrayDeque<>();
  private final List<Watched> watched = new ArrayList<>();
  private final Thread hook = new Thread(this::stopAll, "stop-stack");
  private Address address = new Address("", "", Topics.DEFAULT_PREFIX);

  private Stack(Path directory, List<Path> roots, Narration narration) {
    this.directory = directory;
    this.roots = List.copyOf(roots);
    this.narration = narration;
  }

  /**
   * Starts everything in a directory, which gets data, logs and artifacts, and waits until all of
   * it works.
   *
   * @param roots directories that models and data may be read from, besides that one, the user's
   *     home directory and the working directory
   * @throws io.espalier.worker.domain.InvalidInputException if another one runs in the directory
   */
  public static Stack start(Path directory, List<Path> roots, Narration narration) {
    var stack = new Stack(directory.toAbsolutePath().normalize(), roots, narration);
    Runtime.getRuntime().addShutdownHook(stack.hook);
    try {
      stack.keep(DirectoryLock.take(stack.directory));
      stack.startStorage();
      stack.startServices();
      return stack;
    } catch (RuntimeException failed) {
      stack.close();
      throw failed;
    }
  }

  /** Where it is. */
  public Address address() {
    return address;
  }

  /** Where artifacts are published. */
  public Path artifacts() {
    return directory.resolve("artifacts");
  }

  /**
   * Starts again whatever has ended, on the same data.
   *
   * @throws ServiceException if something ends so often that it is of no use
   */
  public synchronized void heal() {
    Instant now = Instant.now();
    watched.forEach(each -> each.heal(now));
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

  private void startStorage() {
    CompletableFuture<LocalRegistry> startingRegistry =
        CompletableFuture.supplyAsync(
            () -> watch("schema registry", LocalRegistry.start(directory.resolve("registry"))));
    LocalBroker broker = watch("broker", LocalBroker.start(directory.resolve("broker")));
    narration.say("Kafka broker at " + broker.bootstrapServers());
    LocalRegistry registry = join(startingRegistry);
    narration.say("schema registry at " + registry.url());
    address = new Address(broker.bootstrapServers(), registry.url(), Topics.DEFAULT_PREFIX);
    try (Cluster cluster = Cluster.connect(address)) {
      var added = cluster.setUp(List.of(POOL), Topics.DEFAULT_PARTITIONS, (short) 1);
      narration.say(
          "%d topics and %d schemas set up"
              .formatted(added.topics().size(), added.subjects().size()));
    }
    StoreMarker.write(artifacts().toUri());
  }

  private void startServices() {
    CompletableFuture<LocalCommand> startingCoordinator =
        CompletableFuture.supplyAsync(
            () ->
                service(
                    COORDINATOR_HEAP,
                    Stream.of(
                        "streams",
                        "--state-dir",
                        directory.resolve("state").toString(),
                        "--artifacts",
                        artifacts().toString())));
    Instant begin = Instant.now();
    service(WORKER_HEAP, worker());
    join(startingCoordinator);
    awaitHeartbeat(begin);
    narration.say("coordinator and one CPU worker work");
  }

  private Stream<String> worker() {
    Stream<String> options =
        Stream.of(
            "worker",
            "--work-dir",
            directory.resolve("work").toString(),
            "--pool",
            POOL,
            "--artifacts",
            artifacts().toString(),
            "--threads",
            Integer.toString(THREADS));
    Stream<Path> mayRead =
        Stream.concat(
            Stream.of(
                directory, Path.of(System.getProperty("user.home")), Path.of("").toAbsolutePath()),
            roots.stream());
    return Stream.concat(
        options, mayRead.flatMap(root -> Stream.of("--allow-root", root.toString())));
  }

  private LocalCommand service(int heap, Stream<String> arguments) {
    List<String> all =
        Stream.concat(
                arguments,
                Stream.of(
                    "--bootstrap-servers",
                    address.bootstrapServers(),
                    "--registry-url",
                    address.registryUrl(),
                    "--topic-prefix",
                    address.topicPrefix()))
            .toList();
    return watch(all.get(0), LocalCommand.start(directory, heap, all));
  }

  /** Only a worker that has been heard of gets work. */
  private void awaitHeartbeat(Instant begin) {
    long end = System.nanoTime() + HEARTBEAT_LIMIT.toNanos();
    try (Cluster cluster = Cluster.connect(address);
        var beats = cluster.read(cluster.topics().workerHeartbeats())) {
      while (System.nanoTime() < end) {
        if (beats.poll().stream()
            .flatMap(entry -> entry.value().stream())
            .anyMatch(beat -> beat.getAt().isAfter(begin) && beat.getSlots() > 0)) {
          return;
        }
        heal();
      }
    }
    throw new ServiceException(
        "the worker was not heard of within %d s; its log is %s"
            .formatted(HEARTBEAT_LIMIT.toSeconds(), directory.resolve("worker.log")));
  }

  private synchronized <S extends LocalService> S watch(String name, S service) {
    watched.add(new Watched(name, service, narration));
    return keep(service);
  }

  private synchronized <S extends AutoCloseable> S keep(S started) {
    running.push(started);
    return started;
  }

  private synchronized void stopAll() {
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

  private static <R> R join(CompletableFuture<R> future) {
    try {
      return future.join();
    } catch (CompletionException failed) {
      throw failed.getCause() instanceof RuntimeException cause ? cause : failed;
    }
  }
}
