package io.espalier.standalone.client;

import io.espalier.schemas.RegistryUnavailableException;
import io.espalier.schemas.Topic;
import io.espalier.schemas.UnreadableEventException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads all partitions of a topic from the beginning or from a time on, only what has been
 * committed, and goes on as it grows. Not for several threads.
 *
 * @param <V> type of the topic's values
 */
public final class TopicReader<V> implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(TopicReader.class);
  private static final Duration WAIT = Duration.ofMillis(200);

  private final Topic<V> topic;
  private final Consumer<String, byte[]> consumer;
  private final Map<TopicPartition, Long> ends;

  /**
   * A record.
   *
   * @param key its key
   * @param value its value; empty if it withdraws the key
   */
  public record Entry<V>(String key, Optional<V> value) {}

  /** Reads with a consumer, which is closed with this reader, and at once if it cannot read. */
  TopicReader(Topic<V> topic, Consumer<String, byte[]> consumer) {
    this(topic, consumer, Optional.empty());
  }

  /** Reads from a time on; from the beginning without one. */
  TopicReader(Topic<V> topic, Consumer<String, byte[]> consumer, Optional<Instant> since) {
    this.topic = topic;
    this.consumer = consumer;
    try {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic.name()).stream()
              .map(partition -> new TopicPartition(topic.name(), partition.partition()))
              .toList();
      consumer.assign(partitions);
      ends = consumer.endOffsets(partitions);
      since.ifPresentOrElse(this::seek, () -> consumer.seekToBeginning(partitions));
    } catch (RuntimeException failed) {
      close();
      throw failed;
    }
  }

  static <V> TopicReader<V> of(
      Topic<V> topic, Map<String, Object> clientSettings, Optional<Instant> since) {
    Map<String, Object> settings = new HashMap<>(clientSettings);
    settings.put("isolation.level", "read_committed");
    settings.put("enable.auto.commit", "false");
    settings.put("default.api.timeout.ms", 10_000);
    settings.put("fetch.max.wait.ms", 50); // a client that lists waits for partitions without news
    return new TopicReader<>(
        topic,
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer()),
        since);
  }

  /** A partition without a record since then is read from its end on. */
  private void seek(Instant since) {
    Map<TopicPartition, Long> wanted = new HashMap<>();
    ends.keySet().forEach(partition -> wanted.put(partition, since.toEpochMilli()));
    consumer
        .offsetsForTimes(wanted)
        .forEach(
            (partition, found) ->
                consumer.seek(partition, found == null ? ends.get(partition) : found.offset()));
  }

  /** Whether everything has been read that was committed when this reader was made. */
  public boolean caughtUp() {
    return ends.entrySet().stream()
        .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
  }

  /**
   * The next records; waits a moment if there are none. A record that is no event of the topic is
   * left out, with a warning.
   *
   * @throws RegistryUnavailableException if the schema registry does not say how to read the next
   *     record, which stays the next
   */
  public List<Entry<V>> poll() {
    var entries = new ArrayList<Entry<V>>();
    Optional<RegistryUnavailableException> held = Optional.empty();
    ConsumerRecords<String, byte[]> polled = consumer.poll(WAIT);
    for (TopicPartition partition : polled.partitions()) {
      Optional<RegistryUnavailableException> failure = read(polled.records(partition), entries);
      held = failure.isPresent() ? failure : held;
    }
    if (entries.isEmpty() && held.isPresent()) {
      throw held.get();
    }
    return entries;
  }

  private Optional<RegistryUnavailableException> read(
      List<ConsumerRecord<String, byte[]>> polled, List<Entry<V>> entries) {
    for (ConsumerRecord<String, byte[]> next : polled) {
      try {
        entry(next).ifPresent(entries::add);
      } catch (RegistryUnavailableException failed) {
        consumer.seek(new TopicPartition(next.topic(), next.partition()), next.offset());
        return Optional.of(failed);
      }
    }
    return Optional.empty();
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
  }

  private Optional<Entry<V>> entry(ConsumerRecord<String, byte[]> polled) {
    if (polled.key() == null) {
      return Optional.empty();
    }
    try {
      V value =
          topic.values().deserializer().deserialize(topic.name(), polled.headers(), polled.value());
      return Optional.of(new Entry<>(polled.key(), Optional.ofNullable(value)));
    } catch (UnreadableEventException unreadable) {
      LOGGER
          .atWarn()
          .addKeyValue("topic", polled.topic())
          .addKeyValue("partition", polled.partition())
          .addKeyValue("offset", polled.offset())
          .log("skipped a record: {}", unreadable.getMessage());
      return Optional.empty();
    }
  }
}
