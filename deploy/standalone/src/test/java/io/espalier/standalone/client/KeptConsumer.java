package io.espalier.standalone.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.internals.AutoOffsetResetStrategy;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * A consumer of a topic whose records stay, as a broker's do: it can go back, knows the times of
 * records, gives out a few at once, and counts them.
 */
public final class KeptConsumer<K> extends MockConsumer<K, byte[]> {
  private static final int AT_ONCE = 40;

  private final String topic;
  private final Map<TopicPartition, List<ConsumerRecord<K, byte[]>>> kept = new HashMap<>();
  private final Map<TopicPartition, Long> next = new HashMap<>();
  private int given;

  public KeptConsumer(String topic, int partitions) {
    super(AutoOffsetResetStrategy.EARLIEST.name());
    this.topic = topic;
    Node node = new Node(1, "localhost", 1);
    Node[] nodes = {node};
    updatePartitions(
        topic,
        IntStream.range(0, partitions)
            .mapToObj(each -> new PartitionInfo(topic, each, node, nodes, nodes))
            .toList());
    for (int each = 0; each < partitions; each++) {
      kept.put(new TopicPartition(topic, each), new ArrayList<>());
      next.put(new TopicPartition(topic, each), 0L);
    }
    updateEnds();
  }

  /** Adds a record behind the others of a partition. */
  public void add(int partition, long time, K key, byte @Nullable [] value) {
    add(partition, time, key, value, new RecordHeaders());
  }

  public void add(int partition, long time, K key, byte @Nullable [] value, RecordHeaders headers) {
    var at = new TopicPartition(topic, partition);
    long offset = next.merge(at, 1L, Long::sum) - 1;
    int size = value == null ? -1 : value.length;
    kept.get(at)
        .add(
            new ConsumerRecord<>(
                topic,
                partition,
                offset,
                time,
                TimestampType.CREATE_TIME,
                0,
                size,
                key,
                value,
                headers,
                Optional.empty()));
    updateEnds();
  }

  /** Takes offsets that hold no record, as compaction and the ends of transactions leave them. */
  public void skip(int partition, long offsets) {
    next.merge(new TopicPartition(topic, partition), offsets, Long::sum);
    updateEnds();
  }

  /** Returns how many records were read. */
  public int given() {
    return given;
  }

  private void updateEnds() {
    Map<TopicPartition, Long> begins = new HashMap<>();
    next.keySet().forEach(partition -> begins.put(partition, 0L));
    updateBeginningOffsets(begins);
    updateEndOffsets(next);
  }

  @Override
  public synchronized ConsumerRecords<K, byte[]> poll(Duration timeout) {
    Map<TopicPartition, List<ConsumerRecord<K, byte[]>>> polled = new HashMap<>();
    Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
    for (TopicPartition each : assignment()) {
      if (paused().contains(each)) {
        continue;
      }
      List<ConsumerRecord<K, byte[]>> records =
          kept.get(each).stream()
              .filter(record -> record.offset() >= position(each))
              .limit(AT_ONCE)
              .toList();
      long position =
          records.size() < AT_ONCE ? next.get(each) : records.get(records.size() - 1).offset() + 1;
      seek(each, position);
      positions.put(each, new OffsetAndMetadata(position));
      if (!records.isEmpty()) {
        polled.put(each, records);
        given += records.size();
      }
    }
    return new ConsumerRecords<>(polled, positions);
  }

  @Override
  public synchronized Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(
      Map<TopicPartition, Long> times) {
    Map<TopicPartition, OffsetAndTimestamp> found = new HashMap<>();
    times.forEach(
        (partition, time) ->
            found.put(
                partition,
                kept.get(partition).stream()
                    .filter(record -> record.timestamp() >= time)
                    .findFirst()
                    .map(record -> new OffsetAndTimestamp(record.offset(), record.timestamp()))
                    .orElse(null)));
    return found;
  }
}
