package io.espalier.streams.app;

import io.espalier.streams.domain.run.RunSettings;
import io.espalier.streams.topology.OptimizationTopology;
import io.espalier.streams.topology.TopologySettings;
import io.espalier.streams.wire.Wire;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One running instance of what decides about runs. Starting it checks the topics first. */
public final class Coordinator implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Coordinator.class);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);

  private final KafkaStreams streams;
  private final Admin admin;
  private final CountDownLatch runningOrStopped = new CountDownLatch(1);
  private final CountDownLatch stopped = new CountDownLatch(1);

  private Coordinator(KafkaStreams streams, Admin admin) {
    this.streams = streams;
    this.admin = admin;
  }

  /**
   * Starts a coordinator. Returns at once; it works when {@link #awaitRunning} says so.
   *
   * @throws CoordinatorException if the brokers cannot be reached or the topics are not as needed
   */
  public static Coordinator start(CoordinatorConfig config) {
    Properties properties = StreamsSettings.of(config);
    Admin admin = Admin.create(adminSettings(properties));
    try {
      return start(config, properties, admin);
    } catch (RuntimeException e) {
      admin.close(Duration.ZERO);
      throw e;
    }
  }

  private static Coordinator start(CoordinatorConfig config, Properties properties, Admin admin) {
    int partitions = new TopicCheck(admin, config.topics()).partitions(config.releasesTopic());
    PoolTopics pools =
        new PoolTopics(
            config.topics(), topic -> TopicCheck.exists(admin, topic), InstantSource.system());
    Topology topology = topology(config, partitions, pools, properties);
    Coordinator coordinator = new Coordinator(new KafkaStreams(topology, properties), admin);
    coordinator.start();
    return coordinator;
  }

  /**
   * Waits until it works.
   *
   * @throws CoordinatorException if it does not within the time, or has stopped
   */
  public void awaitRunning(Duration atMost) throws InterruptedException {
    boolean settled = runningOrStopped.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
    if (!settled || stopped.getCount() == 0) {
      throw new CoordinatorException(
          "wanted a running coordinator within %s, found it %s".formatted(atMost, streams.state()));
    }
  }

  /**
   * Waits until it has stopped.
   *
   * @throws CoordinatorException if it stopped because of an error
   */
  public void awaitStopped() throws InterruptedException {
    stopped.await();
    if (streams.state() == KafkaStreams.State.ERROR) {
      throw new CoordinatorException("stopped because of an error; the log has it");
    }
  }

  /** Finishes what it is at, commits and stops. */
  @Override
  public void close() {
    if (!streams.close(CLOSE_TIMEOUT)) {
      LOGGER.warn("did not stop in time; state={}", streams.state());
    }
    admin.close(Duration.ZERO);
    stopped.countDown();
    runningOrStopped.countDown();
  }

  static Topology topology(
      CoordinatorConfig config,
      int partitions,
      Predicate<String> poolHasTopic,
      Properties properties) {
    RunSettings runs =
        new RunSettings(
            withoutSlash(config.artifactsBase().toString()),
            config.timing().start(),
            config.timing().silence());
    return OptimizationTopology.build(
        new Wire(config.topics()),
        new TopologySettings(
            partitions, config.releasesTopic(), config.timing().timers(), runs, poolHasTopic),
        new TopologyConfig(new StreamsConfig(properties)));
  }

  private void start() {
    streams.setStateListener((now, before) -> changed(now));
    streams.setUncaughtExceptionHandler(Coordinator::afterFailure);
    streams.start();
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

  private static StreamThreadExceptionResponse afterFailure(Throwable failure) {
    if (Transient.is(failure)) {
      LOGGER.warn("a thread failed for a reason that may pass; another takes over", failure);
      return StreamThreadExceptionResponse.REPLACE_THREAD;
    }
    LOGGER.error("a thread failed for a reason that will not pass; the coordinator stops", failure);
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
