package io.espalier.streams.app;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;

/** The time of a record; now, where a client wrote none. */
public final class RecordTime implements TimestampExtractor {
  @Override
  public long extract(ConsumerRecord<Object, Object> found, long partitionTime) {
    return found.timestamp() >= 0 ? found.timestamp() : System.currentTimeMillis();
  }
}
