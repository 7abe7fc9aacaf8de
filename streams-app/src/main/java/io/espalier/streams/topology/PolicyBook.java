package io.espalier.streams.topology;

import io.espalier.schemas.TransientFailures;
import io.espalier.streams.domain.policy.Policies;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.wire.CoordinatorTopics;
import io.espalier.streams.wire.InboundTopic;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The policies in force, as a global store that every task reads.
 *
 * <p>The store holds the records as they came; they are parsed once in this process, each when it
 * has changed. A record that cannot be read leaves the policy that it should replace in force. If
 * the registry is away nothing is known of a record, and the caller has to try again: it must not
 * match models without a policy that may be for them.
 */
final class PolicyBook {
  static final String POLICIES = "policies";

  private static final Logger LOGGER = LoggerFactory.getLogger(PolicyBook.class);

  /**
   * A policy's record.
   *
   * @param bytes as it came
   * @param at when it was applied
   * @param policy what it says, or what the last readable one said
   * @param problem why it cannot be read, if it cannot
   */
  record Page(
      ByteBuffer bytes, Instant at, Optional<Policy> policy, Optional<RuntimeException> problem) {
    /** Returns whether it is of the same record. */
    private boolean isOf(@Nullable Page other) {
      return other != null && at.equals(other.at()) && bytes.equals(other.bytes());
    }
  }

  /**
   * All policies at some time.
   *
   * @param number grows with each edition, from 1
   * @param pages their records by name
   * @param policies those in force
   */
  record Edition(long number, Map<String, Page> pages, Policies policies) {
    /** Before the first one. */
    static final Edition NONE = new Edition(0, Map.of(), Policies.NONE);

    /** Returns the policies that this edition has and an older one has not, with their times. */
    List<Page> newerThan(Edition older) {
      return pages.entrySet().stream()
          .filter(page -> !page.getValue().isOf(older.pages().get(page.getKey())))
          .map(Map.Entry::getValue)
          .filter(page -> page.policy().isPresent() && page.problem().isEmpty())
          .toList();
    }
  }

  private final CoordinatorTopics wire;
  private final Set<String> changed = new HashSet<>();
  private boolean read;
  private Edition edition = Edition.NONE;

  PolicyBook(CoordinatorTopics wire) {
    this.wire = wire;
  }

  void readInto(StreamsBuilder builder) {
    InboundTopic<byte[]> topic = wire.pruningPolicies();
    builder.addGlobalStore(
        Stores.timestampedKeyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(POLICIES), Serdes.String(), Serdes.ByteArray())
            .withLoggingDisabled(),
        topic.topic(),
        topic.consumed("policies-applied"),
        this::keeper);
  }

  private Processor<String, byte[], Void, Void> keeper() {
    return new ContextualProcessor<>() {
      @Override
      public void process(Record<String, byte[]> policy) {
        if (policy.key() == null) {
          LOGGER.warn("policy record without a key skipped");
          return;
        }
        TimestampedKeyValueStore<String, byte[]> store = context().getStateStore(POLICIES);
        store.put(policy.key(), ValueAndTimestamp.make(policy.value(), policy.timestamp()));
        change(policy.key());
      }
    };
  }

  private synchronized void change(String name) {
    changed.add(name);
  }

  /**
   * Returns the policies as they are now.
   *
   * @throws org.apache.kafka.common.errors.RetriableException if the registry is away
   */
  synchronized Edition edition(ReadOnlyKeyValueStore<String, ValueAndTimestamp<byte[]>> store) {
    if (!read) {
      try (KeyValueIterator<String, ValueAndTimestamp<byte[]>> all = store.all()) {
        all.forEachRemaining(entry -> changed.add(entry.key));
      }
    }
    if (!changed.isEmpty() || !read) {
      edition = next(store);
      changed.clear();
      read = true;
    }
    return edition;
  }

  private Edition next(ReadOnlyKeyValueStore<String, ValueAndTimestamp<byte[]>> store) {
    Map<String, Page> pages = new HashMap<>(edition.pages());
    for (String name : changed) {
      ValueAndTimestamp<byte[]> found = store.get(name);
      if (found == null) {
        pages.remove(name);
      } else {
        pages.put(name, page(name, found, pages.get(name)));
      }
    }
    List<Policy> inForce = new ArrayList<>();
    pages.values().forEach(page -> page.policy().ifPresent(inForce::add));
    return new Edition(edition.number() + 1, Map.copyOf(pages), new Policies(inForce));
  }

  @SuppressWarnings("IllegalCatch") // whatever is wrong with one policy, the others stay in force
  private Page page(String name, ValueAndTimestamp<byte[]> found, @Nullable Page before) {
    ByteBuffer bytes = ByteBuffer.wrap(found.value());
    Instant at = Instant.ofEpochMilli(found.timestamp());
    try {
      return new Page(bytes, at, Optional.of(wire.policy(found.value())), Optional.empty());
    } catch (RuntimeException e) {
      if (TransientFailures.include(e)) {
        throw e;
      }
      LOGGER.error("policy cannot be read, the one before stays in force; policy={}", name, e);
      Optional<Policy> last = before == null ? Optional.empty() : before.policy();
      return new Page(bytes, at, last, Optional.of(e));
    }
  }
}
