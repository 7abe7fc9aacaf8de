package io.espalier.streams.topology;

import io.espalier.streams.domain.policy.Policies;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.wire.Inbound;
import io.espalier.streams.wire.Wire;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The policies in force, as a global store that every task reads.
 *
 * <p>The store holds the records as they came. A reader parses one when it changes, not for every
 * model, and a record that cannot be read is left out and logged: it must not stop the others.
 */
final class PolicyBook {
  static final String POLICIES = "policies";

  private static final Logger LOGGER = LoggerFactory.getLogger(PolicyBook.class);

  private final Wire wire;
  private final AtomicLong changes = new AtomicLong();

  PolicyBook(Wire wire) {
    this.wire = wire;
  }

  void readInto(StreamsBuilder builder) {
    Inbound<byte[]> topic = wire.pruningPolicies();
    builder.addGlobalStore(
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(POLICIES), Serdes.String(), Serdes.ByteArray())
            .withLoggingDisabled(),
        topic.topic(),
        topic.consumed("policies-applied"),
        this::keeper);
  }

  Reader reader(ReadOnlyKeyValueStore<String, byte[]> store) {
    return new Reader(store);
  }

  private Processor<String, byte[], Void, Void> keeper() {
    return new ContextualProcessor<>() {
      @Override
      public void process(Record<String, byte[]> policy) {
        KeyValueStore<String, byte[]> store = context().getStateStore(POLICIES);
        store.put(policy.key(), policy.value());
        changes.incrementAndGet();
      }
    };
  }

  /** One task's view of the book. */
  final class Reader {
    private record Page(ByteBuffer bytes, Optional<Policy> policy) {}

    private final ReadOnlyKeyValueStore<String, byte[]> store;
    private Map<String, Page> pages = Map.of();
    private Policies policies = Policies.NONE;
    private long seen = -1;

    private Reader(ReadOnlyKeyValueStore<String, byte[]> store) {
      this.store = store;
    }

    Policies policies() {
      long now = changes.get();
      if (now != seen) {
        read();
        seen = now;
      }
      return policies;
    }

    private void read() {
      Map<String, Page> next = new HashMap<>();
      try (KeyValueIterator<String, byte[]> all = store.all()) {
        all.forEachRemaining(entry -> next.put(entry.key, page(entry.key, entry.value)));
      }
      pages = next;
      policies = new Policies(next.values().stream().flatMap(p -> p.policy().stream()).toList());
    }

    private Page page(String name, byte[] bytes) {
      Page known = pages.get(name);
      return known != null && known.bytes().equals(ByteBuffer.wrap(bytes))
          ? known
          : new Page(ByteBuffer.wrap(bytes), parse(name, bytes));
    }

    @SuppressWarnings("IllegalCatch") // whatever is wrong with one policy, the others stay in force
    private Optional<Policy> parse(String name, byte[] bytes) {
      try {
        return Optional.of(wire.policy(bytes));
      } catch (RuntimeException e) {
        LOGGER.error("policy left out, since it cannot be read; policy={}", name, e);
        return Optional.empty();
      }
    }
  }
}
