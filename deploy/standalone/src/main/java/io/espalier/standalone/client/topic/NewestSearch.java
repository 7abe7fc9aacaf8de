package io.espalier.standalone.client.topic;

import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A search among the newest values of the keys of a compacted topic.
 *
 * @param <V> type of the values
 */
@FunctionalInterface
public interface NewestSearch<V> {
  /** Takes notice of a key's newest value. */
  void finds(String key, V value);

  /**
   * Returns whether nothing older can matter.
   *
   * @param reached what has not been seen yet was written before that
   */
  default boolean hasEnough(Instant reached) {
    return false;
  }

  /**
   * Looks through a topic until it has enough. A record that is no event of the topic counts for
   * nothing; what withdraws a key hides what came before.
   */
  default void in(NewestFirst<String> reader, EventDecoding<V> decoding, Portion portion) {
    Set<String> known = new HashSet<>();
    while (reader.hasOlder() && !hasEnough(reader.reached())) {
      for (ConsumerRecord<String, byte[]> each : reader.older()) {
        String key = each.key();
        if (key != null && portion.keys().test(key) && !known.contains(key)) {
          decoding
              .of(each)
              .ifPresent(
                  value -> {
                    known.add(key);
                    value.ifPresent(newest -> finds(key, newest));
                  });
        }
      }
    }
  }
}
