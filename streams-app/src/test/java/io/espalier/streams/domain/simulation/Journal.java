package io.espalier.streams.domain.simulation;

import java.util.ArrayList;
import java.util.List;

/** The records of one key of one topic, and how far they have been read. */
final class Journal<M> {
  private final List<M> records = new ArrayList<>();
  private int committed;
  private int position;

  void add(M message) {
    records.add(message);
  }

  boolean hasNext() {
    return position < records.size();
  }

  M next() {
    return records.get(position++);
  }

  void commit() {
    committed = position;
  }

  void rollBack() {
    position = committed;
  }
}
