package io.espalier.it.bench;

import io.espalier.event.StageCommand;
import io.espalier.schemas.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes;

/**
 * Output of a topology and its time, received by a thread of its own as soon as it is committed.
 */
final class Commands implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  /**
   * Something that came out.
   *
   * @param name the model that it is about
   * @param seen when it was received, in nanoseconds
   */
  private record Arrival(String name, long seen) {}

  private final List<Arrival> arrivals = new ArrayList<>();
  private final Thread receiver;
  private volatile boolean closed;

  private <V> Commands(
      KafkaConsumer<String, V> consumer, Function<ConsumerRecord<String, V>, String> name) {
    this.receiver = new Thread(() -> receive(consumer, name), "receiver");
    receiver.start();
  }

  static Commands of(String bootstrapServers, Topic<StageCommand> topic) {
    return new Commands(
        consumer(bootstrapServers, topic.name(), topic.values().deserializer()),
        record -> record.value().getModelName());
  }

  static Commands copies(String bootstrapServers, String topic) {
    return new Commands(
        consumer(bootstrapServers, topic, Serdes.ByteArray().deserializer()), ConsumerRecord::key);
  }

  /** Waits until so many have come. */
  synchronized void await(int count, Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (arrivals.size() < count) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new IllegalStateException(
            "%d of %d came within %s".formatted(arrivals.size(), count, patience));
      }
      wait(left);
    }
  }

  /** From registration to receipt, for the models of a series. */
  synchronized double[] latenciesMillis(String series, Map<String, Long> sentAt) {
    return arrivals.stream()
        .filter(arrival -> arrival.name().contains(series))
        .mapToDouble(arrival -> (arrival.seen() - sentAt.get(arrival.name())) / 1e6)
        .toArray();
  }

  /** From the first to the last of a series. */
  synchronized double ratePerSecond(String series) {
    List<Long> seen =
        arrivals.stream()
            .filter(arrival -> arrival.name().contains(series))
            .map(Arrival::seen)
            .toList();
    return (seen.size() - 1) * 1e9 / (seen.get(seen.size() - 1) - seen.get(0));
  }

  private <V> void receive(
      KafkaConsumer<String, V> consumer, Function<ConsumerRecord<String, V>, String> name) {
    try (consumer) {
      while (!closed) {
        var records = consumer.poll(POLL);
        long seen = System.nanoTime();
        synchronized (this) {
          records.forEach(record -> arrivals.add(new Arrival(name.apply(record), seen)));
          notifyAll();
        }
      }
    }
  }

  private static <V> KafkaConsumer<String, V> consumer(
      String bootstrapServers, String topic, Deserializer<V> values) {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
    var consumer = new KafkaConsumer<>(settings, Serdes.String().deserializer(), values);
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return consumer;
  }

  @Override
  public void close() {
    closed = true;
    try {
      receiver.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
