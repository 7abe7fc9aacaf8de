package io.espalier.streams.app;

import io.espalier.schemas.Topics;
import io.espalier.streams.topology.TopologySettings.Outside;
import io.espalier.streams.wire.CoordinatorTopics;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.TopicPartition;
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
  private static final int TOKEN_BYTES = 16;

  private final Admin admin;
  private final String applicationId;
  private final PoolTopics pools;
  private final InputProgress progress;
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
   * @param inputs every partition that the coordinator reads
   */
  BrokerLookups(Admin admin, String applicationId, Topics topics, List<TopicPartition> inputs) {
    this.admin = admin;
    this.applicationId = applicationId;
    pools = new PoolTopics(topics, () -> TopicCheck.present(admin));
    progress =
        new InputProgress(new GroupOffsets(admin, applicationId, inputs), InstantSource.system());
  }

  /** Looks once, then now and then. */
  @SuppressWarnings("FutureReturnValueIgnored") // looks until it is closed
  void start() {
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
