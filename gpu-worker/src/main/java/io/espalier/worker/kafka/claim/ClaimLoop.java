package io.espalier.worker.kafka.claim;

import io.espalier.schemas.TransientFailures;
import io.espalier.worker.stage.Stop;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicIdPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Claims commands one at a time, each for a place of a slot, and keeps their leases while they are
 * worked on.
 *
 * <p>This thread alone touches the consumer; the work is done in another one. A renewed record
 * comes back with every poll, and everything that a poll returned is acknowledged before the next.
 *
 * <p>A consumer is open only while there is a place: once it was polled in vain it goes on fetching
 * in the background, and what it got then would be kept from others until somebody polls again.
 */
public final class ClaimLoop implements Runnable {
  /** Does the work of a record. */
  @FunctionalInterface
  public interface Work {
    /** Blocks until it is done or stopped; never asks for a renewal. */
    AcknowledgeType run(ConsumerRecord<byte[], byte[]> record, Slots.Place place, Stop stop);

    /** Returns whether somebody else has the lease by now and waits for this work to end. */
    default boolean isAwaited(Stop stop) {
      return false;
    }
  }

  /**
   * Queue of commands to claim.
   *
   * @param consumers a new member of the group of this queue
   * @param topic the topic of the commands
   * @param lease how commands are leased
   */
  public record Queue(
      Supplier<ShareConsumer<byte[], byte[]>> consumers, String topic, Lease lease) {}

  private static final Logger LOGGER = LoggerFactory.getLogger(ClaimLoop.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration COMMIT = Duration.ofSeconds(10);
  private static final Duration CLOSING_PATIENCE = Duration.ofSeconds(3);

  private final Queue queue;
  private final Slots slots;
  private final Work work;
  private final Executor threads;
  private final Backoff pauses;
  private final CompletableFuture<Void> running = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private volatile @Nullable Claim claim;

  public ClaimLoop(Queue queue, Slots slots, Work work, Executor threads) {
    this.queue = queue;
    this.slots = slots;
    this.work = work;
    this.threads = threads;
    this.pauses = new Backoff(Duration.ofSeconds(1), queue.lease().lock().dividedBy(2));
  }

  /** Completes once the queue has been asked for work, or there is no place to ask for. */
  public CompletableFuture<Void> running() {
    return running;
  }

  /** Claims nothing more and gives back what is being worked on; {@link #run} ends soon. */
  public void close() {
    closed.complete(null);
    slots.wake();
    stopIfClosed(claim);
  }

  @Override
  public void run() {
    while (!closed.isDone()) {
      Optional<Slots.Place> place = slots.reserve(POLL);
      if (place.isPresent()) {
        try (Slots.Place taken = place.get()) {
          serve(taken);
        }
      }
      running.complete(null);
    }
  }

  private void serve(Slots.Place place) {
    try (ShareConsumer<byte[], byte[]> consumer = queue.consumers().get()) {
      consumer.subscribe(List.of(queue.topic()));
      while (!closed.isDone() && !isLost() && (claim != null || place.isOpen())) {
        step(consumer, place);
        running.complete(null);
      }
      if (claim != null && !isLost()) {
        step(consumer, place); // gives it back at once; closing the consumer would do so, but later
      }
    } finally {
      outlive();
    }
  }

  private boolean isLost() {
    Claim current = claim;
    return current != null && current.lost;
  }

  /** Keeps the place until the work has ended: two works of one slot would share its memory. */
  private void outlive() {
    Claim current = claim;
    if (current == null) {
      return;
    }
    current.stop.request(Stop.Reason.CLOSING, "the worker gives the command back");
    await(CompletableFuture.anyOf(current.work, closed), Duration.ofDays(36_500));
    claim = null;
  }

  private void step(ShareConsumer<byte[], byte[]> consumer, Slots.Place place) {
    Claim before = claim;
    if (before != null && before.adrift) {
      drift(before, place);
      return;
    }
    boolean returned = false;
    for (ConsumerRecord<byte[], byte[]> record : poll(consumer)) {
      Claim current = claim == null && !returned ? begin(record, place) : claim;
      if (current != null && current.isOf(record)) {
        returned = true;
        settle(consumer, current, place);
      } else {
        consumer.acknowledge(record, AcknowledgeType.RELEASE); // more than was asked for
        if (current != null) {
          current.adrift = true; // ours is with somebody else, or locked: no second one is taken
        }
      }
    }
    commit(consumer);
    Claim current = claim;
    if (current != null && !returned) {
      current.adrift |= current.work.isDone(); // it cannot be acknowledged
      loseIfExpired(current);
    }
  }

  private ConsumerRecords<byte[], byte[]> poll(ShareConsumer<byte[], byte[]> consumer) {
    try {
      return consumer.poll(POLL);
    } catch (KafkaException e) {
      requireTransient(e);
      LOGGER.atWarn().setCause(e).log("queue not asked, trying again");
      await(closed, POLL);
      return ConsumerRecords.empty();
    }
  }

  private @Nullable Claim begin(ConsumerRecord<byte[], byte[]> record, Slots.Place place) {
    if (closed.isDone()) {
      return null;
    }
    var stop = new Stop();
    place.claimed(true);
    var done = CompletableFuture.supplyAsync(() -> work.run(record, place, stop), threads);
    var begun = new Claim(record, stop, done, CompletableFuture.anyOf(done, closed));
    claim = begun;
    stopIfClosed(begun);
    return begun;
  }

  /** Waits for a third of the lock, then acknowledges what is due. */
  private void settle(ShareConsumer<byte[], byte[]> consumer, Claim current, Slots.Place place) {
    await(current.turn, queue.lease().lock().dividedBy(3));
    if (closed.isDone()) {
      await(current.work, CLOSING_PATIENCE);
    }
    if (current.work.isDone()) {
      consumer.acknowledge(current.record, end(current));
      forget(place);
    } else if (closed.isDone()) {
      consumer.acknowledge(current.record, AcknowledgeType.RELEASE);
      forget(place);
    } else {
      consumer.acknowledge(current.record, AcknowledgeType.RENEW);
    }
  }

  /** A failure that nobody foresaw is given back more slowly each time: the queue never waits. */
  private AcknowledgeType end(Claim ended) {
    try {
      return ended.work.join();
    } catch (CompletionException e) {
      log(LOGGER.atError().setCause(e.getCause()), ended).log("command given back after a failure");
      int deliveries = ended.record.deliveryCount().map(Short::intValue).orElse(1);
      await(closed, pauses.after(deliveries - 1));
      return AcknowledgeType.RELEASE;
    }
  }

  /** Waits for the work of a command that cannot be acknowledged, for as long as it is locked. */
  private void drift(Claim adrift, Slots.Place place) {
    Duration left = queue.lease().lock().minusNanos(System.nanoTime() - adrift.heldSince);
    await(adrift.turn, left.isNegative() ? Duration.ZERO : left);
    if (adrift.work.isDone()) {
      log(LOGGER.atWarn(), adrift).log("work done without a lease; expect a redelivery");
      forget(place);
    } else {
      loseIfExpired(adrift);
    }
  }

  private void forget(Slots.Place place) {
    claim = null;
    place.claimed(false);
  }

  /** Sends the acknowledgements; a lease is renewed only if the broker says so of this claim. */
  private void commit(ShareConsumer<byte[], byte[]> consumer) {
    long sent = System.nanoTime();
    Map<TopicIdPartition, Optional<KafkaException>> outcome;
    try {
      outcome = consumer.commitSync(COMMIT);
    } catch (KafkaException e) {
      requireTransient(e);
      LOGGER.atWarn().setCause(e).log("acknowledgements not sent");
      return;
    }
    outcome.forEach(
        (partition, failure) -> {
          Claim current = claim;
          if (current != null && current.isOf(partition) && !current.adrift) {
            renewed(current, failure, sent);
          } else {
            failure.ifPresent(
                e ->
                    LOGGER
                        .atWarn()
                        .setCause(e)
                        .log("acknowledgement refused; expect a redelivery"));
          }
        });
  }

  private void renewed(Claim current, Optional<KafkaException> failure, long sent) {
    if (failure.isEmpty()) {
      current.heldSince = sent;
    } else {
      // The lock goes on, or a broker that starts again has none and gives the record to whoever
      // asks first. If that is not us, the end of the lock decides.
      log(LOGGER.atWarn().setCause(failure.get()), current).log("lease not renewed, trying again");
    }
  }

  private void loseIfExpired(Claim current) {
    if (System.nanoTime() - current.heldSince <= queue.lease().lock().toNanos()) {
      return;
    }
    if (work.isAwaited(current.stop)) {
      current.adrift = true;
      current.heldSince = System.nanoTime();
      log(LOGGER.atWarn(), current).log("somebody else has the lease and waits; the work goes on");
      return;
    }
    String message = "its lock of %s ran out before it was renewed".formatted(queue.lease().lock());
    log(LOGGER.atWarn(), current).addKeyValue("cause", message).log("lease lost");
    current.stop.request(Stop.Reason.LEASE_LOST, message);
    current.lost = true;
  }

  private void stopIfClosed(@Nullable Claim current) {
    if (current != null && closed.isDone()) {
      current.stop.request(Stop.Reason.CLOSING, "the worker is shutting down");
    }
  }

  private static void requireTransient(KafkaException failure) {
    if (!TransientFailures.include(failure)) {
      throw failure;
    }
  }

  private static void await(CompletableFuture<?> future, Duration patience) {
    try {
      future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
      return; // whoever awaits looks at the future
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static LoggingEventBuilder log(LoggingEventBuilder event, Claim claim) {
    return event
        .addKeyValue("partition", claim.record.partition())
        .addKeyValue("offset", claim.record.offset());
  }

  /** Work under way; {@code turn} completes when it ends or the loop is to end. */
  private static final class Claim {
    private final ConsumerRecord<byte[], byte[]> record;
    private final Stop stop;
    private final CompletableFuture<AcknowledgeType> work;
    private final CompletableFuture<?> turn;
    private long heldSince = System.nanoTime();
    private boolean adrift;
    private volatile boolean lost;

    private Claim(
        ConsumerRecord<byte[], byte[]> record,
        Stop stop,
        CompletableFuture<AcknowledgeType> work,
        CompletableFuture<?> turn) {
      this.record = record;
      this.stop = stop;
      this.work = work;
      this.turn = turn;
    }

    private boolean isOf(ConsumerRecord<byte[], byte[]> other) {
      return record.topic().equals(other.topic())
          && record.partition() == other.partition()
          && record.offset() == other.offset();
    }

    private boolean isOf(TopicIdPartition partition) {
      return record.topic().equals(partition.topic())
          && record.partition() == partition.partition();
    }
  }
}
