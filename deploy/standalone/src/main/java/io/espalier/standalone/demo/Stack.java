package io.espalier.standalone.demo;

import io.espalier.schemas.Topics;
import io.espalier.standalone.Main;
import io.espalier.standalone.client.Address;
import io.espalier.standalone.client.Cluster;
import io.espalier.standalone.local.Distribution;
import io.espalier.standalone.local.JavaProcess;
import io.espalier.standalone.local.JavaProcess.Launch;
import io.espalier.standalone.local.LocalBroker;
import io.espalier.standalone.local.LocalRegistry;
import io.espalier.standalone.report.Narration;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A whole installation on this machine: broker, registry, coordinator and one worker, each in its
 * own JVM with a bounded heap. Ends with this process, however that ends.
 */
public final class Stack implements AutoCloseable {
  private static final String POOL = "default";
  private static final int COORDINATOR_HEAP = 384;
  private static final int WORKER_HEAP = 256;
  private static final int STAGE_HEAP = 1500;
  private static final int THREADS = 2;

  private final Path directory;
  private final Deque<AutoCloseable> running = new ArrayDeque<>();
  private final Thread hook = new Thread(this::stopAll, "stop-stack");
  private Address address = new Address("", "", Topics.DEFAULT_PREFIX);

  private Stack(Path directory) {
    this.directory = directory;
  }

  /** Starts everything in a directory, which gets data, logs and artifacts. */
  public static Stack start(Path directory, Narration narration) {
    var stack = new Stack(directory.toAbsolutePath().normalize());
    Runtime.getRuntime().addShutdownHook(stack.hook);
    try {
      stack.startStorage(narration);
      stack.startServices(narration);
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

  /** Makes sure that the services still run. */
  public synchronized void requireAlive() {
    for (AutoCloseable each : running) {
      if (each instanceof JavaProcess process) {
        process.requireAlive();
      }
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

  private void startStorage(Narration narration) {
    CompletableFuture<LocalRegistry> startingRegistry =
        CompletableFuture.supplyAsync(
            () -> started(LocalRegistry.start(directory.resolve("registry"))));
    LocalBroker broker = started(LocalBroker.start(directory.resolve("broker")));
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
  }

  private void startServices(Narration narration) {
    started(
        service(
            "streams",
            COORDINATOR_HEAP,
            "--state-dir",
            directory.resolve("state").toString(),
            "--artifacts",
            artifacts().toString()));
    started(
        service(
            "worker",
            WORKER_HEAP,
            "--work-dir",
            directory.resolve("work").toString(),
            "--pool",
            POOL,
            "--heap",
            Integer.toString(STAGE_HEAP),
            "--threads",
            Integer.toString(THREADS)));
    narration.say("coordinator and one CPU worker started");
  }

  private JavaProcess service(String command, int heap, String... options) {
    List<String> arguments = new ArrayList<>(List.of(command));
    arguments.addAll(
        List.of(
            "--bootstrap-servers",
            address.bootstrapServers(),
            "--registry-url",
            address.registryUrl(),
            "--topic-prefix",
            address.topicPrefix()));
    arguments.addAll(List.of(options));
    return JavaProcess.start(
        new Launch(
            command,
            heap,
            List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            Distribution.current().classPath(),
            Main.class.getName(),
            arguments,
            directory.resolve(command + ".log")));
  }

  private synchronized <S extends AutoCloseable> S started(S service) {
    running.push(service);
    return service;
  }

  private synchronized void stopAll() {
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
