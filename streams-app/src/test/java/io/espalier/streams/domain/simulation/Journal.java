package io.espalier.streams.domain.simulation;

import java.util.ArrayList;
import java.util.List;

/** The records of one partition of a topic, and how far they have been read. */
final class Journal<M> {
  private final List<M> records = new ArrayList<>();
  private final List<Long> times = new ArrayList<>();
  private int committed;
  private int position;

  void add(M message, long now) {
    records.add(message);
    times.add(now);
  }

  boolean hasNext() {
    return position < records.size();
  }

  M next() {
    return records.get(position++);
  }

  /** The time until which all has been read. */
  long heardUntil(long now) {
    return committed < records.size() ? times.get(committed) : now;
  }

  void commit() {
    committed = position;
  }

  void rollBack() {
    position = committed;
  }
}
