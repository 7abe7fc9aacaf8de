package io.espalier.streams.app;

import io.espalier.streams.topology.TopologySettings.Outside;
import io.espalier.streams.wire.CoordinatorTopics;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.streams.StreamsConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the brokers now and then for what the topology must know without waiting, in a thread of its
 * own.
 */
final class BrokerLookups implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(BrokerLookups.class);
  private static final Duration INTERVAL = Duration.ofSeconds(2);
  private static final int LOOKS_BETWEEN_CHECKS = 15;
  private static final int TOKEN_BYTES = 16;

  private final Admin admin;
  private final String applicationId;
  private final PoolTopics pools;
  private final InputProgress progress;
  private final Supplier<Optional<String>> unsound;
  private Consumer<String> stop = problem -> {};
  private int looks;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            var daemon = new Thread(work, "coordinator-lookout");
            daemon.setDaemon(true);
            return daemon;
          });

  /**
   * Looks by an admin client, which it closes.
   *
   * @param check the topics, of which the keyed ones have so many partitions
   */
  BrokerLookups(Admin admin, String applicationId, TopicCheck check, int partitions) {
    this.admin = admin;
    this.applicationId = applicationId;
    unsound = () -> check.repartitioned(partitions);
    pools = new PoolTopics(check.topics(), () -> TopicCheck.present(admin));
    progress =
        new InputProgress(
            new GroupOffsets(admin, applicationId, check.inputs(partitions)),
            InstantSource.system());
  }

  /**
   * Looks once, then now and then.
   *
   * @param ifUnsound is told why the coordinator must not go on
   */
  @SuppressWarnings("FutureReturnValueIgnored") // looks until it is closed
  void start(Consumer<String> ifUnsound) {
    stop = ifUnsound;
    look();
    thread.scheduleWithFixedDelay(
        this::look, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Returns what the topology asks. */
  Outside outside(Properties properties, CoordinatorTopics wire) {
    var earlier = new EarlierRegistrations(reader(properties), wire.modelRegistered());
    var random = new SecureRandom();
    return new Outside(pools, progress, earlier, () -> token(random));
  }

  private Map<String, Object> reader(Properties properties) {
    Map<String, Object> settings =
        new StreamsConfig(properties)
            .getMainConsumerConfigs(applicationId, "earlier-registrations", 0);
    settings.remove(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG);
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    return settings;
  }

  @SuppressWarnings("IllegalCatch") // or the timer would never look again
  private void look() {
    try {
      pools.look();
      progress.look();
      looks++;
      if (looks % LOOKS_BETWEEN_CHECKS == 0) {
        unsound.get().ifPresent(stop);
      }
    } catch (RuntimeException e) {
      LOGGER.warn("the brokers do not answer; what they said last holds; {}", e.getMessage());
    }
  }

  private static String token(SecureRandom random) {
    byte[] bytes = new byte[TOKEN_BYTES];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  @Override
  public void close() {
    thread.shutdownNow();
    admin.close(Duration.ZERO);
  }
}
