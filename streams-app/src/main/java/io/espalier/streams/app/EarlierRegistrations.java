package io.espalier.streams.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.schemas.CloudEvent;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.topology.RecentRegistrations;
import io.espalier.streams.topology.RecentRegistrations.Registered;
import io.espalier.streams.wire.InboundTopic;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registrations of the last minutes that were processed before a task began, read from their topic:
 * they are kept in memory only.
 */
final class EarlierRegistrations implements RecentRegistrations.Source {
  private static final Logger LOGGER = LoggerFactory.getLogger(EarlierRegistrations.class);
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final Duration POLL = Duration.ofMillis(200);

  private final Supplier<Consumer<byte[], byte[]>> consumers;
  private final InboundTopic<Model> topic;

  /**
   * Reads a topic.
   *
   * @param settings of a consumer of the coordinator's group
   */
  EarlierRegistrations(Map<String, Object> settings, InboundTopic<Model> topic) {
    this(
        topic,
        () ->
            new KafkaConsumer<>(
                settings, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
  }

  /** Reads a topic, each time with another consumer. */
  EarlierRegistrations(InboundTopic<Model> topic, Supplier<Consumer<byte[], byte[]>> consumers) {
    this.topic = topic;
    this.consumers = consumers;
  }

  /** Without an answer of the brokers there are none: whoever asks must not wait. */
  @Override
  @SuppressWarnings("IllegalCatch")
  public List<Registered> read(int partition, Instant since) {
    var from = new TopicPartition(topic.topic(), partition);
    try (Consumer<byte[], byte[]> consumer = consumers.get()) {
      consumer.assign(List.of(from));
      return read(consumer, from, since);
    } catch (RuntimeException e) {
      LOGGER.warn("earlier registrations not read; partition={}", partition, e);
      return List.of();
    }
  }

  private List<Registered> read(
      Consumer<byte[], byte[]> consumer, TopicPartition from, Instant since) {
    OffsetAndMetadata processed = consumer.committed(Set.of(from), PATIENCE).get(from);
    OffsetAndTimestamp first =
        consumer.offsetsForTimes(Map.of(from, since.toEpochMilli()), PATIENCE).get(from);
    List<Registered> found = new ArrayList<>();
    if (processed == null || first == null || first.offset() >= processed.offset()) {
      return found;
    }
    consumer.seek(from, first.offset());
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (consumer.position(from) < processed.offset() && System.nanoTime() < until) {
      for (ConsumerRecord<byte[], byte[]> each : consumer.poll(POLL)) {
        if (each.offset() < processed.offset()) {
          registered(each).ifPresent(found::add);
        }
      }
    }
    return found;
  }

  /** Returns what cannot be read has gone to the dead letters then. */
  @SuppressWarnings("IllegalCatch")
  private Optional<Registered> registered(ConsumerRecord<byte[], byte[]> found) {
    try {
      Model model =
          topic.values().deserializer().deserialize(found.topic(), found.headers(), found.value());
      Header trace = found.headers().lastHeader(CloudEvent.TRACEPARENT);
      return Optional.of(
          new Registered(
              model,
              Instant.ofEpochMilli(found.timestamp()),
              trace == null ? "" : new String(trace.value(), UTF_8)));
    } catch (RuntimeException e) {
      LOGGER.debug("earlier registration skipped; offset={}", found.offset(), e);
      return Optional.empty();
    }
  }
}
