package io.espalier.standalone.client.topic;

import io.espalier.schemas.RegistryUnavailableException;
import io.espalier.schemas.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads a topic or a portion of it, only what has been committed, and goes on as it grows. Not for
 * several threads.
 *
 * @param <V> type of the topic's values
 */
public final class TopicReader<V> implements AutoCloseable {
  private static final Duration WAIT = Duration.ofMillis(200);

  private final EventDecoding<V> decoding;
  private final Consumer<String, byte[]> consumer;
  private final Portion portion;
  private final Map<TopicPartition, Long> ends;

  /**
   * A record.
   *
   * @param key its key
   * @param value its value; empty if it withdraws the key
   */
  public record Entry<V>(String key, Optional<V> value) {}

  /** Reads with a consumer, which is closed with this reader, and at once if it cannot read. */
  TopicReader(Topic<V> topic, Consumer<String, byte[]> consumer, Portion portion) {
    this.decoding = new EventDecoding<>(topic);
    this.consumer = consumer;
    this.portion = portion;
    try {
      Partitions partitions = Partitions.assigned(consumer, topic.name(), portion);
      ends = partitions.ends();
      partitions.starts().forEach(consumer::seek);
    } catch (RuntimeException failed) {
      close();
      throw failed;
    }
  }

  /** Returns whether everything has been read that was committed when this reader was made. */
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
    return polled.key() != null && portion.keys().test(polled.key())
        ? decoding.of(polled).map(value -> new Entry<>(polled.key(), value))
        : Optional.empty();
  }
}
