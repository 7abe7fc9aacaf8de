package io.espalier.worker.kafka.record;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends records: those that must have arrived before anything else happens, and those that may be
 * lost. Holds no lock while it sends.
 */
public final class Outbox implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Outbox.class);
  private static final Duration PATIENCE = Duration.ofSeconds(130); // more than a producer's own
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  private final Supplier<Producer<byte[], byte[]>> producers;
  private volatile Producer<byte[], byte[]> producer;

  /** An outbox that sends through a producer of its own. */
  public Outbox(Supplier<Producer<byte[], byte[]>> producers) {
    this.producers = producers;
    this.producer = producers.get();
  }

  /**
   * Sends a record and waits until every replica has it.
   *
   * @throws KafkaException if that fails
   */
  public void deliver(ProducerRecord<byte[], byte[]> record) {
    try {
      Future<RecordMetadata> sent = producer.send(record);
      sent.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted while sending to " + record.topic(), e);
    } catch (ExecutionException | TimeoutException e) {
      throw new KafkaException("could not send to " + record.topic(), e);
    }
  }

  /** Sends a record that the next one replaces. A failure is logged. */
  @SuppressWarnings("FutureReturnValueIgnored") // the callback sees the failure
  public void mention(ProducerRecord<byte[], byte[]> record) {
    producer.send(
        record,
        (metadata, failure) -> {
          if (failure != null) {
            LOGGER
                .atWarn()
                .setCause(failure)
                .addKeyValue("topic", record.topic())
                .log("record not sent");
          }
        });
  }

  /** Sends through a new producer from now on: some failures leave one that never works again. */
  public synchronized void renew() {
    Producer<byte[], byte[]> old = producer;
    producer = producers.get();
    old.close(Duration.ZERO);
  }

  /** Sends what is left, for 2 s at most. */
  @Override
  public synchronized void close() {
    producer.close(LAST_WORDS);
  }
}
