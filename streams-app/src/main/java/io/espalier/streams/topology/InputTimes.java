package io.espalier.streams.topology;

import java.time.Instant;
import org.apache.kafka.common.TopicPartition;

/**
 * Times of what the coordinator reads, by its own clock alone: whoever writes records has another
 * one, which may be wrong by any amount.
 */
public interface InputTimes {
  /** Returns the time until which everything that was written to a partition has been processed. */
  Instant heardUntil(int partition);

  /**
   * Returns a time before which a record was not there yet: the latest that is known of, at the
   * epoch if none is.
   *
   * @param partition where it lies
   * @param offset its offset
   */
  Instant writtenSince(TopicPartition partition, long offset);
}
