package io.espalier.schemas;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The broker's settings of a topic.
 *
 * @param cleanup what the broker does with old records
 * @param maxBytes size of the largest batch of records that the broker takes, in bytes
 * @param retention how long records are kept; for ever if absent
 * @param stampedByBroker whether records get the broker's time when they arrive. A record of a
 *     foreign client may have none, and clocks of clients differ
 */
public record TopicSettings(
    Cleanup cleanup, int maxBytes, Optional<Duration> retention, boolean stampedByBroker) {
  /** Largest batch of what people, registries and heartbeats write: 256 KiB. */
  public static final int SMALL_BYTES = 256 << 10;

  /** Largest batch of everything else, internal topics and dead letters included: 4 MiB. */
  public static final int LARGE_BYTES = 4 << 20;

  /** Longer than any stage takes: the queue forgets a command that is older, even one at work. */
  private static final Duration KEPT = Duration.ofDays(90);

  /** Broker's treatment of old records. */
  public enum Cleanup {
    /** Deletes them after a time. */
    DELETE,
    /** Keeps the newest of each key. */
    COMPACT,
    /** Keeps the newest of each key, and deletes that too after a time. */
    COMPACT_AND_DELETE
  }

  /** The settings of what comes from outside, each record with the time of its arrival. */
  static TopicSettings received(Cleanup cleanup) {
    return of(cleanup, SMALL_BYTES, true);
  }

  /** The settings of reports, each record with the time of its arrival. */
  static TopicSettings reported() {
    return of(Cleanup.DELETE, LARGE_BYTES, true);
  }

  /** The settings of signs of life: one every few seconds, of which only the newest count. */
  static TopicSettings signsOfLife() {
    return new TopicSettings(Cleanup.DELETE, SMALL_BYTES, Optional.of(Duration.ofDays(1)), true);
  }

  /** The settings of what the coordinator writes. */
  static TopicSettings written(Cleanup cleanup) {
    return of(cleanup, LARGE_BYTES, false);
  }

  /** The settings of the dead letters: nobody but people deletes any. */
  static TopicSettings deadLetters() {
    return new TopicSettings(Cleanup.DELETE, LARGE_BYTES, Optional.empty(), false);
  }

  private static TopicSettings of(Cleanup cleanup, int maxBytes, boolean stampedByBroker) {
    Optional<Duration> retention =
        cleanup == Cleanup.COMPACT ? Optional.empty() : Optional.of(KEPT);
    return new TopicSettings(cleanup, maxBytes, retention, stampedByBroker);
  }

  /** The same by the broker's names. */
  public Map<String, String> asMap() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(
        "cleanup.policy",
        switch (cleanup) {
          case DELETE -> "delete";
          case COMPACT -> "compact";
          case COMPACT_AND_DELETE -> "compact,delete";
        });
    settings.put("max.message.bytes", Integer.toString(maxBytes));
    settings.put("retention.ms", Long.toString(retention.map(Duration::toMillis).orElse(-1L)));
    settings.put("message.timestamp.type", stampedByBroker ? "LogAppendTime" : "CreateTime");
    return settings;
  }
}
