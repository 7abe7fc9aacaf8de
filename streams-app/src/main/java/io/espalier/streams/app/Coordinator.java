package io.espalier.streams.app;

import io.espalier.schemas.RegistryUnavailableException;
import io.espalier.schemas.Topics;
import io.espalier.schemas.TransientFailures;
import io.espalier.schemas.stage.StageDeclarations;
import io.espalier.streams.domain.run.RunSettings;
import io.espalier.streams.topology.OptimizationTopology;
import io.espalier.streams.topology.TopologySettings;
import io.espalier.streams.topology.TopologySettings.Outside;
import io.espalier.streams.wire.CoordinatorTopics;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One running instance of what decides about runs. Starting it checks the topics first. */
public final class Coordinator implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Coordinator.class);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);
  private static final int REGISTRY_TRIES = 10;

  private final KafkaStreams streams;
  private final BrokerLookups lookout;
  private final BackOff backOff = new BackOff();
  private final CountDownLatch runningOrStopped = new CountDownLatch(1);
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile @Nullable Throwable failure;

  Coordinator(KafkaStreams streams, BrokerLookups lookout) {
    this.streams = streams;
    this.lookout = lookout;
  }

  /**
   * Starts a coordinator. Returns at once; it works when {@link #awaitRunning} says so.
   *
   * @throws CoordinatorException if brokers or registry cannot be reached or the topics are not as
   *     needed
   */
  public static Coordinator start(CoordinatorConfig config) {
    Topics topics = config.topics();
    learnSchemas(config, topics);
    Properties properties = StreamsSettings.of(config);
    Admin admin = Admin.create(adminSettings(properties));
    try {
      TopicCheck check = new TopicCheck(admin, topics, config.registry());
      int partitions = check.partitions();
      CoordinatorTopics wire = new CoordinatorTopics(topics);
      BrokerLookups lookout = new BrokerLookups(admin, config.applicationId(), check, partitions);
      TopologySettings settings =
          settings(
              config, StageDeclarations.standard(), partitions, lookout.outside(properties, wire));
      Topology topology = topology(wire, settings, properties);
      Coordinator coordinator = new Coordinator(new KafkaStreams(topology, properties), lookout);
      coordinator.start();
      return coordinator;
    } catch (RuntimeException e) {
      admin.close(Duration.ZERO);
      throw e;
    }
  }

  /** Everything that is known once works without the registry afterwards. */
  private static void learnSchemas(CoordinatorConfig config, Topics topics) {
    for (int tried = 1; ; tried++) {
      try {
        topics.learnSchemas();
        return;
      } catch (RegistryUnavailableException e) {
        if (tried == REGISTRY_TRIES) {
          throw new CoordinatorException(
              "the schema registry at %s does not tell the schemas: %s. Is it running, and was `espalier setup` run?"
                  .formatted(config.registry().shownUrl(), e.getMessage()),
              e);
        }
        LOGGER.warn("waiting for the schema registry; {}", e.getMessage());
      }
    }
  }

  /**
   * Waits until it works, however long it takes to read its state back.
   *
   * @throws CoordinatorException if it has stopped
   */
  public void awaitRunning() throws InterruptedException {
    runningOrStopped.await();
    if (stopped.getCount() == 0) {
      throw stoppedBy();
    }
  }

  /**
   * Waits until it has stopped.
   *
   * @throws CoordinatorException if it stopped because of an error
   */
  public void awaitStopped() throws InterruptedException {
    stopped.await();
    if (failure != null || streams.state() == KafkaStreams.State.ERROR) {
      throw stoppedBy();
    }
  }

  private CoordinatorException stoppedBy() {
    Throwable cause = failure;
    return new CoordinatorException(
        cause == null
            ? "the coordinator stopped; the log has the reason"
            : "the coordinator stopped because of an error: " + BackOff.rootMessage(cause),
        cause);
  }

  /** Finishes what it is at, commits and stops. */
  @Override
  public void close() {
    backOff.end();
    if (!streams.close(CLOSE_TIMEOUT)) {
      LOGGER.warn("did not stop in time; state={}", streams.state());
    }
    lookout.close();
    stopped.countDown();
    runningOrStopped.countDown();
  }

  static TopologySettings settings(
      CoordinatorConfig config, StageDeclarations stages, int partitions, Outside outside) {
    RunSettings runs =
        new RunSettings(
            withoutSlash(config.artifactsBase().toString()),
            stages.references(),
            config.timing().silence(),
            RunSettings.MOST_REDELIVERIES);
    return new TopologySettings(partitions, config.timing().timers(), runs, outside);
  }

  static Topology topology(
      CoordinatorTopics wire, TopologySettings settings, Properties properties) {
    return OptimizationTopology.build(
        wire, settings, new TopologyConfig(new StreamsConfig(properties)));
  }

  private void start() {
    streams.setStateListener((now, before) -> changed(now));
    streams.setUncaughtExceptionHandler(this::afterFailure);
    lookout.start(this::stop);
    streams.start();
  }

  /** Stops for a reason that will not pass, without waiting for the threads to end. */
  private void stop(String problem) {
    LOGGER.error("the coordinator stops; {}", problem);
    failure = new CoordinatorException(problem);
    streams.close(Duration.ZERO);
  }

  private void changed(KafkaStreams.State now) {
    LOGGER.info("coordinator is now {}", now);
    if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) {
      stopped.countDown();
      runningOrStopped.countDown();
    } else if (now == KafkaStreams.State.RUNNING) {
      runningOrStopped.countDown();
    }
  }

  /** Each thread that is replaced restores its stores, so they follow each other more slowly. */
  StreamThreadExceptionResponse afterFailure(Throwable thrown) {
    if (TransientFailures.include(thrown)) {
      LOGGER.warn("a thread failed for a reason that may pass; another takes over", thrown);
      backOff.await();
      return StreamThreadExceptionResponse.REPLACE_THREAD;
    }
    LOGGER.error("a thread failed for a reason that will not pass; the coordinator stops", thrown);
    failure = thrown;
    return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
  }

  private static Map<String, Object> adminSettings(Properties properties) {
    Map<String, Object> settings = new StreamsConfig(properties).getAdminConfigs("topic-check");
    settings.putIfAbsent(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 30_000);
    return settings;
  }

  private static String withoutSlash(String uri) {
    return uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri;
  }
}
