package io.espalier.schemas;

import io.confluent.kafka.schemaregistry.avro.AvroSchema;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.apache.avro.Schema;

/**
 * Schemas by their ids in the registry.
 *
 * <p>A node of the registry may lag behind, so an id that it does not know is asked for several
 * times, which takes seconds. Many records with unknown ids, each at that pace, would hold up the
 * sound ones behind them for hours. So for a minute after an id has turned out to be unknown
 * indeed, the first answer about others is believed.
 */
final class RegisteredSchemas {
  private static final Duration BELIEVED = Duration.ofMinutes(1);
  private static final int MOST_UNKNOWN = 10_000;

  private final RegistryCalls registry;
  private final LongSupplier nanoTime;
  private final Map<Integer, Long> unknownUntil = new ConcurrentHashMap<>();
  private volatile long believedUntil;

  /**
   * Schemas that are asked for.
   *
   * @param nanoTime a clock as {@link System#nanoTime}
   */
  RegisteredSchemas(RegistryCalls registry, LongSupplier nanoTime) {
    this.registry = registry;
    this.nanoTime = nanoTime;
    this.believedUntil = nanoTime.getAsLong();
  }

  /**
   * Returns the schema with an id.
   *
   * @param topic topic of the record that names the id
   * @throws RegistryUnavailableException if the registry does not tell
   * @throws UnreadableEventException if the registry is in order and knows no such id
   */
  Schema of(String topic, int id) {
    Long until = unknownUntil.get(id);
    if (until != null && isAhead(until)) {
      throw unknown(id);
    }
    return isAhead(believedUntil) ? askInOrder(topic, id) : askPatiently(topic, id);
  }

  private Schema askPatiently(String topic, int id) {
    try {
      return ask(registry, id);
    } catch (RegistryUnavailableException e) {
      if (!RegistryCalls.notFound(e)) {
        throw e;
      }
      return askInOrder(topic, id);
    }
  }

  /** Returns what a registry said before it was in order counts for nothing. */
  private Schema askInOrder(String topic, int id) {
    registry.requireWorking(topic);
    try {
      return ask(registry.once(), id);
    } catch (RegistryUnavailableException e) {
      if (!RegistryCalls.notFound(e)) {
        throw e;
      }
      remember(id);
      throw unknown(id);
    }
  }

  private Schema ask(RegistryCalls calls, int id) {
    return calls.answer(
        "the schema with id " + id,
        () -> ((AvroSchema) calls.client().getSchemaById(id)).rawSchema());
  }

  private void remember(int id) {
    long until = nanoTime.getAsLong() + BELIEVED.toNanos();
    if (unknownUntil.size() >= MOST_UNKNOWN) {
      unknownUntil.clear();
    }
    unknownUntil.put(id, until);
    believedUntil = until;
  }

  private boolean isAhead(long nanos) {
    return nanos - nanoTime.getAsLong() > 0;
  }

  private static UnreadableEventException unknown(int id) {
    return new UnreadableEventException(
        "the record names schema id %d, which the registry does not know".formatted(id), null);
  }
}
