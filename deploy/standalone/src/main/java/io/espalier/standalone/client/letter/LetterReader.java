package io.espalier.standalone.client.letter;

import io.espalier.standalone.client.topic.Cluster;
import io.espalier.worker.domain.InvalidInputException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads single dead letters by their names. Not for several threads. */
public final class LetterReader implements AutoCloseable {
  private static final Duration WAIT = Duration.ofMillis(200);

  private final String topic;
  private final Consumer<byte[], byte[]> consumer;

  public LetterReader(Cluster cluster) {
    this(cluster.topics().deadLetters(), cluster.consumer(new ByteArrayDeserializer()));
  }

  public LetterReader(String topic, Consumer<byte[], byte[]> consumer) {
    this.topic = topic;
    this.consumer = consumer;
  }

  /**
   * Reads a letter.
   *
   * @throws InvalidInputException if there is none of that name
   */
  public Letter read(LetterId id) {
    var partition = new TopicPartition(topic, id.partition());
    if (consumer.partitionsFor(topic).stream()
        .map(PartitionInfo::partition)
        .noneMatch(known -> known == id.partition())) {
      throw none(id);
    }
    consumer.assign(List.of(partition));
    long end = offset(consumer.endOffsets(List.of(partition)));
    if (id.offset() < offset(consumer.beginningOffsets(List.of(partition)))) {
      throw none(id);
    }
    consumer.seek(partition, id.offset());
    while (consumer.position(partition) < end) {
      for (ConsumerRecord<byte[], byte[]> each : consumer.poll(WAIT)) {
        if (each.offset() == id.offset()) {
          return new Letter(each);
        }
        throw none(id); // a later one is the next, so this one is no record
      }
    }
    throw none(id);
  }

  private static long offset(Map<TopicPartition, Long> ofOne) {
    return ofOne.values().iterator().next();
  }

  private InvalidInputException none(LetterId id) {
    return new InvalidInputException(
        "there is no letter %s on %s; see `espalier dead-letters list`".formatted(id, topic));
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
  }
}
