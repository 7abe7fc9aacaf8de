package io.espalier.it;

import io.espalier.schemas.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Everything committed to a topic since its beginning, as it grows.
 *
 * @param <V> type of its values
 */
final class EventLog<V> implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);

  private final String topic;
  private final KafkaConsumer<String, V> consumer;
  private final List<ConsumerRecord<String, V>> seen = new ArrayList<>();

  private EventLog(String bootstrapServers, String topic, Deserializer<V> values) {
    this.topic = topic;
    Map<String, Object> settings =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed",
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
            false);
    consumer = new KafkaConsumer<>(settings, Serdes.String().deserializer(), values);
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  static <V> EventLog<V> of(String bootstrapServers, Topic<V> topic) {
    return new EventLog<>(bootstrapServers, topic.name(), topic.values().deserializer());
  }

  static EventLog<byte[]> raw(String bootstrapServers, String topic) {
    return new EventLog<>(bootstrapServers, topic, Serdes.ByteArray().deserializer());
  }

  /** Waits for the first event that meets a condition, past ones included. */
  ConsumerRecord<String, V> await(Duration patience, Predicate<V> condition) {
    return awaitRecord(patience, record -> condition.test(record.value()));
  }

  /** The same with a condition on the whole record. */
  ConsumerRecord<String, V> awaitRecord(
      Duration patience, Predicate<ConsumerRecord<String, V>> condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    int next = 0;
    while (true) {
      for (; next < seen.size(); next++) {
        if (condition.test(seen.get(next))) {
          return seen.get(next);
        }
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            "no such event on %s within %s; seen: %s".formatted(topic, patience, values()));
      }
      poll();
    }
  }

  /** Every event that is committed by now. */
  List<V> all() {
    Map<TopicPartition, Long> end = consumer.endOffsets(consumer.assignment());
    while (end.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      poll();
    }
    return values();
  }

  private List<V> values() {
    return seen.stream().map(ConsumerRecord::value).toList();
  }

  private void poll() {
    consumer.poll(POLL).forEach(seen::add);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
