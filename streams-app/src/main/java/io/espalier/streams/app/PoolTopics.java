package io.espalier.streams.app;

import io.espalier.schemas.Topics;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a pool has the topic that its commands go to.
 *
 * <p>Sending to a topic that is not there blocks a thread for a minute and then aborts its
 * transaction, with the runs of every other pool in it. So a pool without a topic must not be sent
 * anything; answers are remembered, since every heartbeat asks.
 */
final class PoolTopics implements Predicate<String> {
  private static final Logger LOGGER = LoggerFactory.getLogger(PoolTopics.class);
  private static final Duration BELIEVE_PRESENT = Duration.ofMinutes(1);
  private static final Duration BELIEVE_ABSENT = Duration.ofSeconds(5);

  private record Answer(boolean present, Instant until) {}

  private final Topics topics;
  private final Predicate<String> exists;
  private final InstantSource clock;
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();

  /**
   * Answers by asking somebody.
   *
   * @param exists whether a topic is there; may throw {@link CoordinatorException}
   */
  PoolTopics(Topics topics, Predicate<String> exists, InstantSource clock) {
    this.topics = topics;
    this.exists = exists;
    this.clock = clock;
  }

  @Override
  public boolean test(String pool) {
    Answer known = answers.get(pool);
    Instant now = clock.instant();
    if (known != null && now.isBefore(known.until())) {
      return known.present();
    }
    boolean present = ask(topics.prefix() + "stage-commands." + pool, known);
    Instant until = now.plus(present ? BELIEVE_PRESENT : BELIEVE_ABSENT);
    answers.put(pool, new Answer(present, until));
    return present;
  }

  /** If nobody answers, nothing is known against the pool: what was last known holds. */
  private boolean ask(String topic, @Nullable Answer known) {
    try {
      return exists.test(topic);
    } catch (CoordinatorException e) {
      LOGGER.warn("cannot tell whether a topic exists; topic={}", topic, e);
      return known == null || known.present();
    }
  }
}
