package io.espalier.standalone.client.topic;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.kafka.common.utils.Utils;

/**
 * The part of a topic that is read.
 *
 * @param keys the keys whose records are wanted; no value of another key is looked at
 * @param partitionOf only the partition of this key; all partitions if absent
 * @param since only what came since then; everything if absent
 * @param until nothing that came later has to be read
 */
public record Portion(
    Predicate<String> keys,
    Optional<String> partitionOf,
    Optional<Instant> since,
    Optional<Instant> until) {
  /** The whole of a topic. */
  public static Portion all() {
    return new Portion(key -> true, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** The records of one key, in the one partition where Espalier's own services write them. */
  public static Portion key(String key) {
    return new Portion(key::equals, Optional.of(key), Optional.empty(), Optional.empty());
  }

  /**
   * The records of some keys, in all partitions: other clients than Java's choose a key's partition
   * otherwise.
   */
  public static Portion keysAnywhere(Predicate<String> keys) {
    return new Portion(keys, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** The same, but only what came since then. */
  public Portion since(Instant time) {
    return new Portion(keys, partitionOf, Optional.of(time), until);
  }

  /** The same, without what came later. */
  public Portion until(Instant time) {
    return new Portion(keys, partitionOf, since, Optional.of(time));
  }

  /** Returns whether a partition belongs to it, of so many. */
  boolean includes(int partition, int partitions) {
    return partitionOf
        .map(key -> Utils.toPositive(Utils.murmur2(key.getBytes(UTF_8))) % partitions == partition)
        .orElse(true);
  }
}
