package io.espalier.worker.kafka.record;

import io.espalier.schemas.Topic;
import io.espalier.schemas.TransientFailures;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reader of a topic that every worker reads whole, so there is no group and nothing is committed.
 *
 * <p>No record and no broker ends it: what cannot be read is skipped, since only this system writes
 * there, and what passes by itself is tried again for as long as it takes. It asks for partitions
 * that are added later once a minute; the client itself asks the broker for them every {@code
 * metadata.max.age.ms}, five minutes unless configured otherwise.
 */
public final class TopicFollower<T> implements Runnable {
  /** Position where reading a partition begins. */
  public enum Start {
    /** At its first record. */
    BEGINNING,
    /** A few records before its end: what is older says nothing any more. */
    RECENT
  }

  /**
   * Subject of the reading.
   *
   * @param topic the topic
   * @param start where the reading begins
   * @param taker is given each event, in the order of its partition
   */
  public record Subject<T>(Topic<T> topic, Start start, java.util.function.Consumer<T> taker) {}

  private static final Logger LOGGER = LoggerFactory.getLogger(TopicFollower.class);
  private static final int RECENT_RECORDS = 200;
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration RELIST = Duration.ofMinutes(1);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Consumer<byte[], byte[]> consumer;
  private final Subject<T> subject;
  private final Duration relist;
  private final CompletableFuture<Void> caughtUp = new CompletableFuture<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<TopicPartition, Long> ends = new HashMap<>();
  private boolean endsKnown;
  private long listed;

  public TopicFollower(Consumer<byte[], byte[]> consumer, Subject<T> subject) {
    this(consumer, subject, RELIST);
  }

  /** The same, and looks for new partitions as often as said. */
  public TopicFollower(Consumer<byte[], byte[]> consumer, Subject<T> subject, Duration relist) {
    this.consumer = consumer;
    this.subject = subject;
    this.relist = relist;
  }

  /** Completes once everything that was there at the start is known. */
  public CompletableFuture<Void> caughtUp() {
    return caughtUp;
  }

  /** Ends {@link #run} soon. */
  public void close() {
    closed.countDown();
    consumer.wakeup();
  }

  @Override
  public void run() {
    try (consumer) {
      while (!isClosing()) {
        step();
      }
    }
  }

  private boolean isClosing() {
    return closed.getCount() == 0;
  }

  private void step() {
    try {
      relistWhenDue();
      learnEnds();
      consumer.poll(POLL).forEach(this::take);
      releaseWhenReached();
    } catch (WakeupException e) {
      if (!isClosing()) {
        throw e;
      }
    } catch (KafkaException e) {
      if (!TransientFailures.include(e)) {
        throw e;
      }
      LOGGER.atWarn().setCause(e).addKeyValue("topic", name()).log("topic not read, trying again");
      pause();
    }
  }

  private void relistWhenDue() {
    if (!consumer.assignment().isEmpty() && System.nanoTime() - listed < relist.toNanos()) {
      return;
    }
    listed = System.nanoTime();
    assignNew();
  }

  /** Reads partitions that it does not read yet, too; goes on in the others. */
  private void assignNew() {
    Set<TopicPartition> all = new HashSet<>(consumer.assignment());
    List<TopicPartition> added =
        consumer.partitionsFor(name()).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .filter(all::add)
            .toList();
    if (!added.isEmpty()) {
      consumer.assign(all);
      seek(added);
      LOGGER.atInfo().addKeyValue("partitions", added).log("reading");
    }
  }

  private void seek(List<TopicPartition> added) {
    if (subject.start() == Start.BEGINNING) {
      consumer.seekToBeginning(added);
      return;
    }
    Map<TopicPartition, Long> ends = consumer.endOffsets(added);
    consumer
        .beginningOffsets(added)
        .forEach(
            (partition, first) -> {
              long end = ends.getOrDefault(partition, first);
              consumer.seek(partition, Math.max(first, end - RECENT_RECORDS));
            });
  }

  private void learnEnds() {
    if (!endsKnown) {
      ends.putAll(consumer.endOffsets(consumer.assignment()));
      endsKnown = true;
      releaseWhenReached();
    }
  }

  private void releaseWhenReached() {
    ends.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
    if (ends.isEmpty()) {
      caughtUp.complete(null);
    }
  }

  /** Takes note of a record, and waits for the registry as long as that takes. */
  private void take(ConsumerRecord<byte[], byte[]> record) {
    while (!isClosing()) {
      try {
        if (record.value() != null) {
          subject.taker().accept(event(record));
        }
        return;
      } catch (RuntimeException e) {
        if (!TransientFailures.include(e)) {
          skip(record, e);
          return;
        }
        LOGGER.atWarn().setCause(e).addKeyValue("topic", name()).log("record cannot be read yet");
        pause();
      }
    }
  }

  private T event(ConsumerRecord<byte[], byte[]> record) {
    return subject
        .topic()
        .values()
        .deserializer()
        .deserialize(name(), record.headers(), record.value());
  }

  private String name() {
    return subject.topic().name();
  }

  private static void skip(ConsumerRecord<byte[], byte[]> record, RuntimeException cause) {
    LOGGER
        .atWarn()
        .setCause(cause)
        .addKeyValue("topic", record.topic())
        .addKeyValue("partition", record.partition())
        .addKeyValue("offset", record.offset())
        .log("record skipped that is not what the topic is for");
  }

  private void pause() {
    try {
      closed.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closed.countDown();
    }
  }
}
