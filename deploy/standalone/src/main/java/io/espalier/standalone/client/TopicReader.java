package io.espalier.standalone.client;

import io.espalier.schemas.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads all partitions of a topic from the beginning, only what has been committed, and goes on as
 * it grows. Not for several threads.
 *
 * @param <V> type of the topic's values
 */
public final class TopicReader<V> implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(TopicReader.class);
  private static final Duration WAIT = Duration.ofMillis(200);

  private final Topic<V> topic;
  private final KafkaConsumer<String, byte[]> consumer;
  private final Map<TopicPartition, Long> ends;

  /**
   * A record.
   *
   * @param key its key
   * @param value its value; empty if it withdraws the key
   */
  public record Entry<V>(String key, Optional<V> value) {}

  TopicReader(Topic<V> topic, Map<String, Object> clientSettings) {
    this.topic = topic;
    clientSettings.put("isolation.level", "read_committed");
    clientSettings.put("enable.auto.commit", "false");
    clientSettings.put("default.api.timeout.ms", 10_000);
    consumer =
        new KafkaConsumer<>(clientSettings, new StringDeserializer(), new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic.name()).stream()
            .map(partition -> new TopicPartition(topic.name(), partition.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    ends = consumer.endOffsets(partitions);
  }

  /** Whether everything has been read that was committed when this reader was made. */
  public boolean caughtUp() {
    return ends.entrySet().stream()
        .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
  }

  /** The next records; waits a moment if there are none. One that cannot be read is left out. */
  public List<Entry<V>> poll() {
    var entries = new ArrayList<Entry<V>>();
    for (ConsumerRecord<String, byte[]> polled : consumer.poll(WAIT)) {
      entry(polled).ifPresent(entries::add);
    }
    return entries;
  }

  @Override
  public void close() {
    consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ofSeconds(1)));
  }

  private Optional<Entry<V>> entry(ConsumerRecord<String, byte[]> polled) {
    if (polled.key() == null) {
      return Optional.empty();
    }
    try {
      V value =
          topic.values().deserializer().deserialize(topic.name(), polled.headers(), polled.value());
      return Optional.of(new Entry<>(polled.key(), Optional.ofNullable(value)));
    } catch (SerializationException unreadable) {
      LOGGER
          .atWarn()
          .addKeyValue("topic", polled.topic())
          .addKeyValue("partition", polled.partition())
          .addKeyValue("offset", polled.offset())
          .setCause(unreadable)
          .log("skipped a record that cannot be read");
      return Optional.empty();
    }
  }
}
