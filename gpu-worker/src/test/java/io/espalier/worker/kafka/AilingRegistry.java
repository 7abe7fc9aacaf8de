package io.espalier.worker.kafka;

import io.espalier.schemas.RegistryUnavailableException;
import io.espalier.schemas.Topic;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes;

/** A registry that gives no answer a number of times before it works. */
public final class AilingRegistry {
  private AilingRegistry() {}

  /** The same topic, read with the help of such a registry. */
  public static <V> Topic<V> read(Topic<V> topic, AtomicInteger failures) {
    Deserializer<V> working = topic.values().deserializer();
    Deserializer<V> failing =
        new Deserializer<>() {
          @Override
          public V deserialize(String name, byte[] bytes) {
            return working.deserialize(name, bytes);
          }

          @Override
          public V deserialize(String name, Headers headers, byte[] bytes) {
            if (failures.getAndDecrement() > 0) {
              throw new RegistryUnavailableException("503", new IllegalStateException());
            }
            return deserialize(name, bytes);
          }
        };
    var serde = Serdes.serdeFrom(topic.values().serializer(), failing);
    return new Topic<>(topic.name(), serde, topic.schema(), topic.partitions(), topic.settings());
  }
}
