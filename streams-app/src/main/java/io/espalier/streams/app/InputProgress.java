package io.espalier.streams.app;

import io.espalier.streams.topology.InputTimes;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;

/**
 * Progress of the coordinator in reading its topics, by partition.
 *
 * <p>Where a topic ended at some time is remembered; once the coordinator has committed as much of
 * every topic, everything that was written to the partition before that time has been processed.
 * While the brokers do not answer nothing more is known, and nothing about time is judged. What
 * lies behind an end that was seen was written after that.
 */
final class InputProgress implements InputTimes {
  private static final int MOST_LOOKS = 100;

  /** Offsets of the topics, from brokers. */
  interface Offsets {
    /** Returns the first offset behind the last record of each partition of the topics. */
    Map<TopicPartition, Long> ends();

    /** Returns the first offset that has not been processed; the first of all if none has. */
    Map<TopicPartition, Long> processed();
  }

  /** End offsets of topics at some time. */
  private record Look(Instant at, Map<TopicPartition, Long> ends) {
    boolean processed(int partition, Map<TopicPartition, Long> upTo) {
      return ends.entrySet().stream()
          .filter(end -> end.getKey().partition() == partition)
          .allMatch(end -> upTo.getOrDefault(end.getKey(), 0L) >= end.getValue());
    }
  }

  private final Offsets offsets;
  private final InstantSource clock;
  private final Deque<Look> looks = new ArrayDeque<>();
  private volatile List<Look> recent = List.of();
  private final Map<Integer, Instant> heardUntil = new ConcurrentHashMap<>();

  InputProgress(Offsets offsets, InstantSource clock) {
    this.offsets = offsets;
    this.clock = clock;
  }

  @Override
  public Instant heardUntil(int partition) {
    return heardUntil.getOrDefault(partition, Instant.EPOCH);
  }

  @Override
  public Instant writtenSince(TopicPartition partition, long offset) {
    for (Look look : recent) {
      if (look.ends().getOrDefault(partition, Long.MAX_VALUE) <= offset) {
        return look.at();
      }
    }
    return Instant.EPOCH;
  }

  /** Looks where topics end and how much of that has been processed. */
  void look() {
    Instant now = clock.instant();
    looks.addFirst(new Look(now, offsets.ends()));
    if (looks.size() > MOST_LOOKS) {
      looks.removeLast();
    }
    recent = List.copyOf(looks);
    Map<TopicPartition, Long> processed = offsets.processed();
    List<Integer> partitions =
        looks.getFirst().ends().keySet().stream()
            .map(TopicPartition::partition)
            .distinct()
            .toList();
    Map<Integer, Instant> newest = new HashMap<>();
    for (int partition : partitions) {
      Iterator<Look> newestFirst = looks.iterator();
      while (newestFirst.hasNext() && !newest.containsKey(partition)) {
        Look look = newestFirst.next();
        if (look.processed(partition, processed)) {
          newest.put(partition, look.at());
        }
      }
    }
    heardUntil.putAll(newest);
  }
}
