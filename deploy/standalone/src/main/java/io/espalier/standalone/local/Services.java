package io.espalier.standalone.local;

import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.model.DataUri;
import io.espalier.streams.app.Coordinator;
import io.espalier.streams.app.CoordinatorConfig;
import io.espalier.streams.app.CoordinatorTiming;
import io.espalier.worker.app.Worker;
import io.espalier.worker.app.WorkerConfig;
import io.espalier.worker.checkpoint.file.FileListing;
import io.espalier.worker.checkpoint.store.InputRoots;
import io.espalier.worker.kafka.work.InputRules;
import io.espalier.worker.kafka.work.StallLimits;
import io.espalier.worker.stage.job.ChildSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The services that run in the foreground of this process until it is asked to end. */
public final class Services {
  private static final Logger LOGGER = LoggerFactory.getLogger(Services.class);

  /** A worker has as long to start as the queue takes to let it in. */
  private static final Duration NO_LIMIT = Duration.ofDays(3_650);

  /**
   * Settings of a worker.
   *
   * @param pool the pool it serves
   * @param workDirectory for jobs, checkpoints and the cache of results
   * @param slots stages at the same time
   * @param child how the stages' JVMs are started
   * @param artifacts path or URI under which it publishes, if that is known
   * @param roots where models and data may be read from
   * @param stall how long a stage may show the same progress
   */
  public record WorkerSettings(
      String pool,
      Path workDirectory,
      int slots,
      ChildSettings child,
      Optional<String> artifacts,
      InputRoots roots,
      StallLimits stall) {
    private WorkerConfig config(Address address) {
      WorkerConfig config =
          WorkerConfig.of(address.bootstrapServers(), address.registryUrl(), pool, workDirectory)
              .withTopicPrefix(address.topicPrefix())
              .withSlots(slots)
              .withChild(child)
              .withStall(stall)
              .withInputs(new InputRules(roots, FileListing.Limits.STANDARD));
      return artifacts.map(DataUri::of).map(config::withStore).orElse(config);
    }
  }

  private Services() {}

  /**
   * Runs the coordinator until it stops. Waits for brokers, registry and topics that are not there
   * yet, but not for ever.
   *
   * @throws io.espalier.standalone.client.UnreachableException if they do not come
   * @param artifacts path or URI under which workers publish
   * @param works told once it works
   */
  public static void coordinator(
      Address address, Path stateDirectory, String artifacts, Runnable works)
      throws InterruptedException {
    StartWait.OF_SERVICES.until(() -> requireSetUp(address));
    var config =
        new CoordinatorConfig(
            address.bootstrapServers(),
            SchemaRegistry.at(address.registryUrl()),
            address.topicPrefix(),
            applicationId(address),
            stateDirectory,
            DataUri.of(artifacts),
            CoordinatorTiming.DEFAULT,
            1,
            Map.of());
    try (Coordinator coordinator = Coordinator.start(config)) {
      closeAtExit("stop-coordinator", coordinator::close);
      try (var log = startLog("coordinator", address, "it reads back its state")) {
        coordinator.awaitRunning();
      }
      LOGGER.atInfo().log("the coordinator works");
      works.run();
      coordinator.awaitStopped();
    }
  }

  /**
   * Runs a worker until it stops. Waits as the coordinator does.
   *
   * @param works told once it works
   * @throws io.espalier.standalone.client.UnreachableException if brokers, registry or topics do
   *     not come
   */
  public static void worker(Address address, WorkerSettings settings, Runnable works) {
    StartWait.OF_SERVICES.until(() -> requireSetUp(address));
    try (Worker worker = Worker.start(settings.config(address))) {
      closeAtExit("stop-worker", worker::close);
      try (var log = startLog("worker", address, "the queue has not let it in yet")) {
        worker.awaitRunning(NO_LIMIT);
      }
      LOGGER.atInfo().addKeyValue("pool", settings.pool()).log("the worker works");
      works.run();
      worker.awaitStopped();
    }
  }

  /** Returns what a service waits for is looked up each time: brokers may go while it starts. */
  private static StartLog startLog(String service, Address address, String otherwise) {
    return new StartLog(
        service,
        () -> {
          try {
            requireSetUp(address);
            return "brokers and registry answer, and " + otherwise;
          } catch (RuntimeException missing) {
            return String.valueOf(missing.getMessage());
          }
        },
        StartLog.EVERY);
  }

  private static void requireSetUp(Address address) {
    try (Cluster cluster = Cluster.connect(address)) {
      cluster.requireSetUp();
    }
  }

  /**
   * Returns what names a coordinator's consumer group and internal topics; installations that share
   * brokers must not share it.
   */
  public static String applicationId(Address address) {
    return address.topicPrefix().equals(Topics.DEFAULT_PREFIX)
        ? CoordinatorConfig.DEFAULT_APPLICATION_ID
        : address.topicPrefix().replaceAll("[^A-Za-z0-9._-]", "-") + "coordinator";
  }

  private static void closeAtExit(String name, Runnable close) {
    Runtime.getRuntime().addShutdownHook(new Thread(close, name));
  }
}
