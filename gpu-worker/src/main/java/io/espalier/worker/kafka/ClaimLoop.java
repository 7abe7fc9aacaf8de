package io.espalier.worker.kafka;

import io.espalier.worker.stage.Stop;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Claims commands one at a time and keeps their leases while they are worked on.
 *
 * <p>This thread alone touches the consumer; the work is done in another one. A renewed record
 * comes back with every poll, and everything that a poll returned is acknowledged before the next.
 */
final class ClaimLoop implements Runnable {
  /** Does the work of a record. */
  @FunctionalInterface
  interface Work {
    /** Blocks until it is done or stopped; never asks for a renewal. */
    AcknowledgeType run(ConsumerRecord<byte[], byte[]> record, Stop stop);
  }

  private static final Logger LOGGER = LoggerFactory.getLogger(ClaimLoop.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration COMMIT = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration CLOSING_PATIENCE = Duration.ofSeconds(3);
  private static final Duration LOST_PATIENCE = Duration.ofSeconds(30);

  /** Work under way; {@code turn} completes when it ends or the loop is to end. */
  private record Claim(
      ConsumerRecord<byte[], byte[]> record,
      Stop stop,
      CompletableFuture<AcknowledgeType> work,
      CompletableFuture<?> turn) {
    boolean isOf(ConsumerRecord<byte[], byte[]> other) {
      return record.topic().equals(other.topic())
          && record.partition() == other.partition()
          && record.offset() == other.offset();
    }
  }

  private final Supplier<ShareConsumer<byte[], byte[]>> queue;
  private final String topic;
  private final Duration lock;
  private final Work work;
  private final Executor threads;
  private final CompletableFuture<Void> running = new CompletableFuture<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private volatile @Nullable Claim claim;
  private long heldSince;

  ClaimLoop(
      Supplier<ShareConsumer<byte[], byte[]>> queue,
      String topic,
      Duration lock,
      Work work,
      Executor threads) {
    this.queue = queue;
    this.topic = topic;
    this.lock = lock;
    this.work = work;
    this.threads = threads;
  }

  /** Completes once the queue has been asked for work. */
  CompletableFuture<Void> running() {
    return running;
  }

  /** Claims nothing more and gives back what is being worked on; {@link #run} ends soon. */
  void close() {
    closed.complete(null);
    stopIfClosed(claim);
  }

  @Override
  public void run() {
    try (ShareConsumer<byte[], byte[]> consumer = queue.get()) {
      consumer.subscribe(List.of(topic));
      while (!closed.isDone()) {
        step(consumer);
        running.complete(null);
      }
      if (claim != null) {
        step(consumer); // gives it back at once; closing the consumer would do so too, but later
      }
    }
  }

  private void step(ShareConsumer<byte[], byte[]> consumer) {
    boolean returned = false;
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
      Claim current = claim == null && !returned ? begin(record) : claim;
      if (current != null && current.isOf(record)) {
        returned = true;
        settle(consumer, current);
      } else {
        consumer.acknowledge(record, AcknowledgeType.RELEASE); // more than was asked for
      }
    }
    commit(consumer);
    Claim current = claim;
    if (current != null && !returned && System.nanoTime() - heldSince > lock.toNanos()) {
      lose(current, "the queue did not return the command within its lock of " + lock);
    }
  }

  private @Nullable Claim begin(ConsumerRecord<byte[], byte[]> record) {
    if (closed.isDone()) {
      return null;
    }
    var stop = new Stop();
    var done = CompletableFuture.supplyAsync(() -> work.run(record, stop), threads);
    var begun = new Claim(record, stop, done, CompletableFuture.anyOf(done, closed));
    heldSince = System.nanoTime();
    claim = begun;
    stopIfClosed(begun);
    return begun;
  }

  /** Waits for a third of the lock, then acknowledges what is due. */
  private void settle(ShareConsumer<byte[], byte[]> consumer, Claim current) {
    await(current.turn(), lock.dividedBy(3));
    if (closed.isDone()) {
      await(current.work(), CLOSING_PATIENCE);
    }
    if (current.work().isDone()) {
      consumer.acknowledge(current.record(), end(current));
      claim = null;
    } else if (closed.isDone()) {
      consumer.acknowledge(current.record(), AcknowledgeType.RELEASE);
      claim = null;
    } else {
      consumer.acknowledge(current.record(), AcknowledgeType.RENEW);
    }
  }

  private AcknowledgeType end(Claim ended) {
    try {
      return ended.work().join();
    } catch (CompletionException e) {
      log(LOGGER.atError().setCause(e.getCause()), ended).log("command given back after a failure");
      await(closed, PAUSE); // the queue itself does not wait before it delivers again
      return AcknowledgeType.RELEASE;
    }
  }

  private void commit(ShareConsumer<byte[], byte[]> consumer) {
    Optional<KafkaException> failure;
    try {
      failure = consumer.commitSync(COMMIT).values().stream().flatMap(Optional::stream).findFirst();
    } catch (TimeoutException e) {
      failure = Optional.of(e);
    }
    Claim current = claim;
    if (failure.isEmpty()) {
      heldSince = System.nanoTime();
    } else if (current != null) {
      lose(current, "the queue refused to renew the lease: " + failure.get());
    } else {
      LOGGER.atWarn().setCause(failure.get()).log("acknowledgement refused; expect a redelivery");
    }
  }

  /** Ends the work before anything else is claimed: somebody else has the command by now. */
  private void lose(Claim lost, String message) {
    log(LOGGER.atWarn(), lost).addKeyValue("cause", message).log("lease lost");
    lost.stop().request(Stop.Reason.LEASE_LOST, message);
    await(lost.work(), LOST_PATIENCE);
    claim = null;
  }

  private void stopIfClosed(@Nullable Claim current) {
    if (current != null && closed.isDone()) {
      current.stop().request(Stop.Reason.CLOSING, "the worker is shutting down");
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
        .addKeyValue("partition", claim.record().partition())
        .addKeyValue("offset", claim.record().offset());
  }
}
