package io.espalier.standalone.client.topic;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/**
 * The offsets between which a portion of a topic lies now.
 *
 * @param starts first offset of each partition
 * @param ends offset behind the last one that was committed, of each partition
 */
record Partitions(Map<TopicPartition, Long> starts, Map<TopicPartition, Long> ends) {
  /** Gives a consumer the partitions of a portion, and returns what lies in them. */
  static <K, V> Partitions assigned(Consumer<K, V> consumer, String topic, Portion portion) {
    List<PartitionInfo> all = consumer.partitionsFor(topic);
    List<TopicPartition> partitions =
        all.stream()
            .map(PartitionInfo::partition)
            .filter(partition -> portion.includes(partition, all.size()))
            .map(partition -> new TopicPartition(topic, partition))
            .toList();
    consumer.assign(partitions);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    Map<TopicPartition, Long> starts =
        portion
            .since()
            .map(time -> from(consumer, time, ends))
            .orElseGet(() -> consumer.beginningOffsets(partitions));
    return new Partitions(
        starts, portion.until().map(time -> from(consumer, time, ends)).orElse(ends));
  }

  /** Returns where the records since a time begin; at the end where there is none. */
  private static Map<TopicPartition, Long> from(
      Consumer<?, ?> consumer, Instant time, Map<TopicPartition, Long> ends) {
    Map<TopicPartition, Long> wanted = new HashMap<>();
    ends.keySet().forEach(partition -> wanted.put(partition, time.toEpochMilli()));
    Map<TopicPartition, Long> offsets = new HashMap<>();
    consumer
        .offsetsForTimes(wanted)
        .forEach(
            (partition, found) ->
                offsets.put(partition, found == null ? ends.get(partition) : found.offset()));
    return offsets;
  }
}
