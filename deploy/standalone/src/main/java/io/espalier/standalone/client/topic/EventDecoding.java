package io.espalier.standalone.client.topic;

import io.espalier.schemas.Topic;
import io.espalier.schemas.UnreadableEventException;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way from a topic's records to its events.
 *
 * @param <V> type of the topic's values
 * @param topic the topic
 */
public record EventDecoding<V>(Topic<V> topic) {
  private static final Logger LOGGER = LoggerFactory.getLogger(EventDecoding.class);

  /**
   * Returns the event of a record, itself empty if the record withdraws its key; empty, with a
   * warning, if it is no event of the topic.
   *
   * @throws io.espalier.schemas.RegistryUnavailableException if the registry does not say how to
   *     read it
   */
  Optional<Optional<V>> of(ConsumerRecord<String, byte[]> polled) {
    try {
      V value =
          topic.values().deserializer().deserialize(topic.name(), polled.headers(), polled.value());
      return Optional.of(Optional.ofNullable(value));
    } catch (UnreadableEventException unreadable) {
      LOGGER
          .atWarn()
          .addKeyValue("topic", polled.topic())
          .addKeyValue("partition", polled.partition())
          .addKeyValue("offset", polled.offset())
          .log("skipped a record: {}", unreadable.getMessage());
      return Optional.empty();
    }
  }
}
