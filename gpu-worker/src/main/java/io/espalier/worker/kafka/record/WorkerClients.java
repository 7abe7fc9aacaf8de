package io.espalier.worker.kafka.record;

import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.Producer;

/** The Kafka clients of a running worker; whoever asks for one closes it. */
public interface WorkerClients {
  /** Claims records of a share group, one at a time. */
  ShareConsumer<byte[], byte[]> shareConsumer(String group);

  /** Reads everything, for itself alone. */
  Consumer<byte[], byte[]> reader();

  /** Sends, and knows when every replica has it. */
  Producer<byte[], byte[]> producer();
}
