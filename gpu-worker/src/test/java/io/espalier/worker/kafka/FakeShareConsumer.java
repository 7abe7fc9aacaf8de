package io.espalier.worker.kafka;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.AcknowledgementCommitCallback;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRecordStateException;
import org.apache.kafka.common.metrics.KafkaMetric;

/**
 * A share group with one member, in memory: one record per poll, a renewed record comes back with
 * the next poll; one whose acknowledgement failed does not. Kafka's own mock keeps no leases.
 */
public final class FakeShareConsumer implements ShareConsumer<byte[], byte[]> {
  private final LinkedBlockingQueue<ConsumerRecord<byte[], byte[]>> queue =
      new LinkedBlockingQueue<>();
  private final Queue<ConsumerRecord<byte[], byte[]>> renewed = new ArrayDeque<>();
  private final Map<ConsumerRecord<byte[], byte[]>, AcknowledgeType> pending =
      new LinkedHashMap<>();
  private final LinkedBlockingQueue<String> acknowledgements = new LinkedBlockingQueue<>();
  private volatile Optional<KafkaException> refusal = Optional.empty();
  private volatile Optional<KafkaException> pollFailure = Optional.empty();
  private final AtomicInteger opened = new AtomicInteger();
  private volatile boolean closed;

  /** Puts a record into the queue. */
  public void add(ConsumerRecord<byte[], byte[]> record) {
    queue.add(record);
  }

  /** From now on every lease is somebody else's. */
  public void refuseAcknowledgements() {
    refuseAcknowledgements(new InvalidRecordStateException("gone"));
  }

  /** From now on acknowledgements fail, and the client knows of no record any more. */
  public void refuseAcknowledgements(KafkaException failure) {
    refusal = Optional.of(failure);
  }

  public void acceptAcknowledgements() {
    refusal = Optional.empty();
  }

  /** The next poll fails. */
  public void failNextPoll(KafkaException failure) {
    pollFailure = Optional.of(failure);
  }

  /** Returns how often it was subscribed. */
  public int opened() {
    return opened.get();
  }

  /** The next acknowledgement that was committed, as {@code OFFSET TYPE}. */
  public String nextAcknowledgement() throws InterruptedException {
    String next = acknowledgements.poll(20, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing was acknowledged within 20 s");
    }
    return next;
  }

  public boolean isClosed() {
    return closed;
  }

  @Override
  public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
    if (!pending.isEmpty()) {
      throw new IllegalStateException("not acknowledged before the next poll: " + pending);
    }
    if (pollFailure.isPresent()) {
      KafkaException failure = pollFailure.get();
      pollFailure = Optional.empty();
      throw failure;
    }
    ConsumerRecord<byte[], byte[]> next = renewed.poll();
    if (next == null) {
      try {
        next = queue.poll(20, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    if (next == null) {
      return new ConsumerRecords<>(Map.of(), Map.of());
    }
    pending.put(next, AcknowledgeType.REJECT);
    held = next;
    return new ConsumerRecords<>(
        Map.of(new TopicPartition(next.topic(), next.partition()), List.of(next)), Map.of());
  }

  private ConsumerRecord<byte[], byte[]> held;

  @Override
  public void acknowledge(ConsumerRecord<byte[], byte[]> record, AcknowledgeType type) {
    if (record.offset() != held.offset()) {
      throw new IllegalStateException("offset " + record.offset() + " is not held");
    }
    pending.clear();
    pending.put(record, type);
  }

  @Override
  public Map<TopicIdPartition, Optional<KafkaException>> commitSync(Duration timeout) {
    if (pending.isEmpty()) {
      return Map.of();
    }
    var entry = pending.entrySet().iterator().next();
    pending.clear();
    Optional<KafkaException> failure = refusal;
    acknowledgements.add(entry.getKey().offset() + " " + entry.getValue().name());
    if (failure.isEmpty() && entry.getValue() == AcknowledgeType.RENEW) {
      renewed.add(entry.getKey());
    }
    var partition =
        new TopicIdPartition(Uuid.ZERO_UUID, entry.getKey().partition(), entry.getKey().topic());
    return Map.of(partition, failure);
  }

  @Override
  public void close() {
    closed = true;
  }

  @Override
  public void subscribe(Collection<String> topics) {
    opened.incrementAndGet();
    closed = false;
  }

  @Override
  public Set<String> subscription() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void unsubscribe() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void acknowledge(ConsumerRecord<byte[], byte[]> record) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void acknowledge(String topic, int partition, long offset, AcknowledgeType type) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Map<TopicIdPartition, Optional<KafkaException>> commitSync() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void commitAsync() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setAcknowledgementCommitCallback(AcknowledgementCommitCallback callback) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Uuid clientInstanceId(Duration timeout) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<Integer> acquisitionLockTimeoutMs() {
    return Optional.empty();
  }

  @Override
  public Map<MetricName, ? extends Metric> metrics() {
    return Map.of();
  }

  @Override
  public void registerMetricForSubscription(KafkaMetric metric) {}

  @Override
  public void unregisterMetricFromSubscription(KafkaMetric metric) {}

  @Override
  public void close(Duration timeout) {
    close();
  }

  @Override
  public void wakeup() {
    throw new UnsupportedOperationException();
  }
}
