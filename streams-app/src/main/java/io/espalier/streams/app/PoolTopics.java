package io.espalier.streams.app;

import io.espalier.schemas.Topics;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Check that a pool has the topic for its commands.
 *
 * <p>Sending to a topic that is not there blocks a thread for a minute and then aborts its
 * transaction, with the runs of every other pool in it. So a pool without a topic must not be sent
 * anything. The answer is always at hand: the brokers are asked now and then, by another thread.
 */
final class PoolTopics implements Predicate<String> {
  private final String prefix;
  private final Supplier<Set<String>> present;
  private volatile Set<String> known = Set.of();

  /**
   * Answers by what the brokers said last.
   *
   * @param present names of all topics that are there
   */
  PoolTopics(Topics topics, Supplier<Set<String>> present) {
    this.prefix = topics.prefix() + "stage-commands.";
    this.present = present;
  }

  @Override
  public boolean test(String pool) {
    return known.contains(prefix + pool);
  }

  /** Asks the brokers; if they do not answer, what they said last holds. */
  void look() {
    known = Set.copyOf(present.get());
  }
}
