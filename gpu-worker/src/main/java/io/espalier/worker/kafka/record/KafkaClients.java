package io.espalier.worker.kafka.record;

import io.espalier.schemas.TopicSettings;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Clients of a real broker, with the settings that a worker's guarantees rest on. */
public final class KafkaClients implements WorkerClients {
  private static final int FETCH_WAIT_MILLIS = 100;

  private final Map<String, Object> common;

  /** Clients with these properties, such as bootstrap servers and security, in common. */
  public KafkaClients(Map<String, Object> common) {
    this.common = Map.copyOf(common);
  }

  public Admin admin() {
    return Admin.create(new HashMap<>(common));
  }

  /**
   * One record at a time: with the default, one consumer takes a whole batch and works it off
   * alone. A fetch waits shortly: the broker answers it also when its worker has died meanwhile,
   * and what it got is locked then.
   */
  @Override
  public ShareConsumer<byte[], byte[]> shareConsumer(String group) {
    Map<String, Object> settings = new HashMap<>(common);
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    settings.put(ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG, "explicit");
    settings.put(ConsumerConfig.SHARE_ACQUIRE_MODE_CONFIG, "record_limit");
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MILLIS);
    return new KafkaShareConsumer<>(
        settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** Without a group: it reads everything and commits nothing. */
  @Override
  public Consumer<byte[], byte[]> reader() {
    Map<String, Object> settings = new HashMap<>(common);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  @Override
  public Producer<byte[], byte[]> producer() {
    Map<String, Object> settings = new HashMap<>(common);
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, TopicSettings.LARGE_BYTES);
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }
}
