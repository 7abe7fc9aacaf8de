package io.espalier.streams.topology;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** When to look at which run again, in the order of time. */
final class Timers {
  static final String TIMERS = "run-timers";

  private static final byte[] SET = new byte[0];

  private final KeyValueStore<String, byte[]> store;

  Timers(KeyValueStore<String, byte[]> store) {
    this.store = store;
  }

  static StoreBuilder<KeyValueStore<String, byte[]>> store() {
    return Stores.keyValueStoreBuilder(
        Stores.inMemoryKeyValueStore(TIMERS), Serdes.String(), Serdes.ByteArray());
  }

  void set(Instant at, String runId) {
    store.put(key(at) + runId, SET);
  }

  void clear(Instant at, String runId) {
    store.delete(key(at) + runId);
  }

  /** Takes out the timers that are due, the earliest first, and says whose they are. */
  List<String> takeDue(Instant now, int atMost) {
    List<String> due = new ArrayList<>();
    try (KeyValueIterator<String, byte[]> first = store.range(null, key(now.plusMillis(1)))) {
      while (first.hasNext() && due.size() < atMost) {
        KeyValue<String, byte[]> timer = first.next();
        due.add(timer.key);
      }
    }
    due.forEach(store::delete);
    return due.stream().map(timer -> timer.substring(timer.indexOf('/') + 1)).toList();
  }

  /** Sorts as the time does, for times after 1970. */
  private static String key(Instant at) {
    return String.format(Locale.ROOT, "%016x/", Math.max(0, at.toEpochMilli()));
  }
}
