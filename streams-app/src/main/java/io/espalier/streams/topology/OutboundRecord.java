package io.espalier.streams.topology;

import io.espalier.schemas.CloudEvent;
import java.util.Map;
import java.util.Optional;

/**
 * A record that goes out.
 *
 * @param key its key
 * @param value its value
 * @param event its CloudEvents attributes; absent on internal topics
 * @param headers its other headers
 */
record OutboundRecord<V>(
    String key, V value, Optional<CloudEvent> event, Map<String, String> headers) {
  static <V> OutboundRecord<V> internal(String key, V value) {
    return new OutboundRecord<>(key, value, Optional.empty(), Map.of());
  }

  static <V> OutboundRecord<V> event(String key, V value, CloudEvent event, String trace) {
    return new OutboundRecord<>(
        key, value, Optional.of(event), Map.of(CloudEvent.TRACEPARENT, trace));
  }
}
