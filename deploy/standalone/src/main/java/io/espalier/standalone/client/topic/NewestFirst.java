package io.espalier.standalone.client.topic;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads what a portion of a topic holds now from its end backwards, window by window, so that who
 * looks for something recent need not read all of it. Not for several threads.
 *
 * <p>Windows are counted in offsets and grow, since each one costs a round trip, as long as their
 * records fit into the memory of a small client.
 *
 * @param <K> type of the keys
 */
public final class NewestFirst<K> implements AutoCloseable {
  private static final Duration WAIT = Duration.ofMillis(200);
  private static final long FIRST_WINDOW = 250;
  private static final long LARGEST_WINDOW = 4_000;
  private static final int GROWTH = 4;
  private static final long SMALL_BYTES = 4 << 20;
  private static final long LARGE_BYTES = 16 << 20;

  /**
   * Records of a partition are in the order of their times, but for clocks of services that differ
   * and records that passed each other on their way.
   */
  private static final Duration DISORDER = Duration.ofMinutes(5);

  private final Consumer<K, byte[]> consumer;
  private final UnaryOperator<ConsumerRecord<K, byte[]>> kept;
  private final Map<TopicPartition, Remainder> remainders = new HashMap<>();
  private long window = FIRST_WINDOW;

  /** Unread rest of a partition. */
  private static final class Remainder {
    private final long start;
    private long end;
    private long from;
    private Instant oldest = Instant.MAX.minus(DISORDER);

    private Remainder(long start, long end) {
      this.start = start;
      this.end = end;
    }

    private boolean isEmpty() {
      return end <= start;
    }

    private void take(long window) {
      from = Math.max(start, end - window);
    }

    private void taken() {
      end = from;
    }

    private void see(Instant time) {
      oldest = time.isBefore(oldest) ? time : oldest;
    }
  }

  /** Reads with a consumer, which is closed with this reader, and at once if it cannot read. */
  public NewestFirst(String topic, Consumer<K, byte[]> consumer, Portion portion) {
    this(topic, consumer, portion, UnaryOperator.identity());
  }

  /**
   * The same, of records too large to be kept.
   *
   * @param kept what is kept of a record until its window is through
   */
  public NewestFirst(
      String topic,
      Consumer<K, byte[]> consumer,
      Portion portion,
      UnaryOperator<ConsumerRecord<K, byte[]>> kept) {
    this.consumer = consumer;
    this.kept = kept;
    try {
      Partitions partitions = Partitions.assigned(consumer, topic, portion);
      partitions
          .starts()
          .forEach(
              (partition, start) ->
                  remainders.put(
                      partition,
                      new Remainder(start, partitions.ends().getOrDefault(partition, start))));
    } catch (RuntimeException failed) {
      close();
      throw failed;
    }
  }

  /** Returns whether there is more to read. */
  public boolean hasOlder() {
    return remainders.values().stream().anyMatch(left -> !left.isEmpty());
  }

  /**
   * The next window: records that are older than all that were read before, per partition the
   * newest first.
   */
  public List<ConsumerRecord<K, byte[]>> older() {
    remainders.values().forEach(left -> left.take(window));
    List<ConsumerRecord<K, byte[]>> records = read();
    remainders.values().forEach(Remainder::taken);
    grow(records);
    Collections.reverse(records);
    return records;
  }

  /**
   * Returns how far back everything has been read: what has not been read yet is older. The dawn of
   * time once nothing is left.
   */
  public Instant reached() {
    return remainders.values().stream()
        .filter(left -> !left.isEmpty())
        .map(left -> left.oldest.plus(DISORDER))
        .max(Instant::compareTo)
        .orElse(Instant.MIN);
  }

  private List<ConsumerRecord<K, byte[]>> read() {
    Map<TopicPartition, Remainder> open = new HashMap<>(remainders);
    open.values().removeIf(Remainder::isEmpty);
    open.forEach((partition, left) -> consumer.seek(partition, left.from));
    consumer.pause(remainders.keySet());
    consumer.resume(open.keySet());
    var records = new ArrayList<ConsumerRecord<K, byte[]>>();
    while (!open.isEmpty()) {
      ConsumerRecords<K, byte[]> polled = consumer.poll(WAIT);
      open.forEach((partition, left) -> add(polled.records(partition), left, records));
      close(open);
    }
    return records;
  }

  /** A fetch may give more than the window has. */
  private void add(
      List<ConsumerRecord<K, byte[]>> polled,
      Remainder left,
      List<ConsumerRecord<K, byte[]>> records) {
    for (ConsumerRecord<K, byte[]> each : polled) {
      if (each.offset() < left.end) {
        left.see(Instant.ofEpochMilli(each.timestamp()));
        records.add(kept.apply(each));
      }
    }
  }

  /** A partition of which the window has been read must not be fetched any further. */
  private void close(Map<TopicPartition, Remainder> open) {
    Map<TopicPartition, Remainder> done = new HashMap<>(open);
    done.entrySet().removeIf(each -> consumer.position(each.getKey()) < each.getValue().end);
    consumer.pause(done.keySet());
    open.keySet().removeAll(done.keySet());
  }

  private void grow(List<ConsumerRecord<K, byte[]>> records) {
    long bytes = 0;
    for (ConsumerRecord<K, byte[]> each : records) {
      bytes += each.value() == null ? 0 : each.value().length;
    }
    if (bytes < SMALL_BYTES) {
      window = Math.min(LARGEST_WINDOW, window * GROWTH);
    } else if (bytes > LARGE_BYTES) {
      window = Math.max(1, window / 2);
    }
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
  }
}
