package io.espalier.worker.kafka;

import io.espalier.event.CancelRun;
import io.espalier.event.RunRequest;
import io.espalier.schemas.Topic;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads everything that people ask of runs, from the beginning, and stops what they cancelled.
 * Every worker reads all of it, so there is no group and nothing is committed.
 *
 * <p>Partitions that are added later are looked for once a minute; the client itself asks the
 * broker for them every {@code metadata.max.age.ms}, five minutes unless configured otherwise.
 */
final class Cancellations implements Runnable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Cancellations.class);
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration RELIST = Duration.ofMinutes(1);

  private final Consumer<byte[], byte[]> consumer;
  private final Topic<RunRequest> topic;
  private final Running running;
  private final Duration relist;
  private final CompletableFuture<Void> caughtUp = new CompletableFuture<>();
  private volatile boolean closing;
  private long listed;

  Cancellations(Consumer<byte[], byte[]> consumer, Topic<RunRequest> topic, Running running) {
    this(consumer, topic, running, RELIST);
  }

  /** The same, and looks for new partitions as often as said. */
  Cancellations(
      Consumer<byte[], byte[]> consumer,
      Topic<RunRequest> topic,
      Running running,
      Duration relist) {
    this.consumer = consumer;
    this.topic = topic;
    this.running = running;
    this.relist = relist;
  }

  /** Completes once everything asked before the start is known. */
  CompletableFuture<Void> caughtUp() {
    return caughtUp;
  }

  /** Ends {@link #run} soon. */
  void close() {
    closing = true;
    consumer.wakeup();
  }

  @Override
  public void run() {
    try (consumer) {
      assignNew();
      Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(consumer.assignment()));
      while (!closing) {
        releaseWhenReached(ends);
        consumer.poll(POLL).forEach(this::take);
        relistWhenDue();
      }
    } catch (WakeupException e) {
      if (!closing) {
        throw e;
      }
    }
  }

  private void relistWhenDue() {
    if (System.nanoTime() - listed < relist.toNanos()) {
      return;
    }
    try {
      assignNew();
    } catch (RetriableException e) {
      LOGGER.atWarn().setCause(e).log("partitions of run requests not listed, trying again later");
      listed = System.nanoTime();
    }
  }

  /** Reads partitions that it does not read yet from their beginning; goes on in the others. */
  private void assignNew() {
    Set<TopicPartition> all = new HashSet<>(consumer.assignment());
    List<TopicPartition> added =
        consumer.partitionsFor(topic.name()).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .filter(all::add)
            .toList();
    if (!added.isEmpty()) {
      consumer.assign(all);
      consumer.seekToBeginning(added);
      LOGGER.atInfo().addKeyValue("partitions", added).log("reading run requests");
    }
    listed = System.nanoTime();
  }

  private void releaseWhenReached(Map<TopicPartition, Long> ends) {
    Collection<Map.Entry<TopicPartition, Long>> open = ends.entrySet();
    open.removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
    if (ends.isEmpty()) {
      caughtUp.complete(null);
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    if (record.value() == null) {
      return;
    }
    try {
      RunRequest request =
          topic.values().deserializer().deserialize(topic.name(), record.headers(), record.value());
      if (request.getRequest() instanceof CancelRun cancel) {
        String reason =
            "cancelled by %s: %s".formatted(request.getRequestedBy(), cancel.getReason());
        running.cancel(request.getRunId(), reason);
      }
    } catch (SerializationException e) { // the coordinator sends it to the dead letters
      LOGGER
          .atWarn()
          .setCause(e)
          .addKeyValue("partition", record.partition())
          .addKeyValue("offset", record.offset())
          .log("unreadable run request skipped");
    }
  }
}
