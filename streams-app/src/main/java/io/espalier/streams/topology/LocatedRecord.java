package io.espalier.streams.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.function.Function;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;

/**
 * A record, and whether it lies in the partition of its key.
 *
 * <p>Clients in other languages choose partitions by other hashes, and some records have no key.
 * What lies elsewhere is sent on to where its run is, instead of being looked for in the wrong
 * place.
 *
 * @param value the record's value
 * @param atHome whether it lies where Kafka's own clients put its key
 */
record LocatedRecord<V>(V value, boolean atHome) {
  /** Returns the partition of a key, as Kafka's own clients choose it. */
  static int partition(String key, int partitions) {
    return Utils.toPositive(Utils.murmur2(key.getBytes(UTF_8))) % partitions;
  }

  /**
   * Returns a step that keys records anew and looks where they lie.
   *
   * @param key what a record should be keyed by
   */
  static <V> ProcessorSupplier<String, V, String, LocatedRecord<V>> by(
      Function<V, String> key, int partitions) {
    return () -> locating(key, partitions);
  }

  private static <V> Processor<String, V, String, LocatedRecord<V>> locating(
      Function<V, String> keyOf, int partitions) {
    return new ContextualProcessor<>() {
      @Override
      public void process(Record<String, V> found) {
        String key = keyOf.apply(found.value());
        boolean atHome = partition(key, partitions) == context().taskId().partition();
        context().forward(found.withKey(key).withValue(new LocatedRecord<>(found.value(), atHome)));
      }
    };
  }
}
