package io.espalier.streams.app;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/**
 * Offsets of topics and of the group that reads them, from the brokers.
 *
 * @param admin asks the brokers
 * @param group the consumer group
 * @param partitions what it reads
 */
record GroupOffsets(Admin admin, String group, List<TopicPartition> partitions)
    implements InputProgress.Offsets {
  private static final int TIMEOUT_SECONDS = 10;

  @Override
  public Map<TopicPartition, Long> ends() {
    return offsets(Set.copyOf(partitions), OffsetSpec.latest());
  }

  @Override
  public Map<TopicPartition, Long> processed() {
    Map<TopicPartition, Long> processed = new HashMap<>();
    await(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
        .forEach(
            (partition, committed) -> {
              if (committed != null) {
                processed.put(partition, committed.offset());
              }
            });
    Set<TopicPartition> others = new HashSet<>(partitions);
    others.removeAll(processed.keySet());
    processed.putAll(offsets(others, OffsetSpec.earliest()));
    return processed;
  }

  private Map<TopicPartition, Long> offsets(Set<TopicPartition> of, OffsetSpec spec) {
    Map<TopicPartition, OffsetSpec> asked =
        of.stream().collect(Collectors.toMap(partition -> partition, partition -> spec));
    Map<TopicPartition, Long> offsets = new HashMap<>();
    await(admin.listOffsets(asked, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED)).all())
        .forEach((partition, found) -> offsets.put(partition, found.offset()));
    return offsets;
  }

  private static <T> T await(KafkaFuture<T> future) {
    try {
      return future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new CoordinatorException("the brokers did not tell how far topics are read", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CoordinatorException("interrupted while asking how far topics are read", e);
    }
  }
}
