package io.espalier.streams.domain.simulation;

import io.espalier.streams.domain.job.Job;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The commands of a pool as a share group keeps them: in order within a partition, each with one
 * worker at a time, delivered again when that one is lost.
 */
final class CommandQueue {
  private static final int PARTITIONS = 3;

  /** A command in the queue. */
  static final class Entry {
    final Job job;
    int deliveries;
    @Nullable Object holder;

    private Entry(Job job) {
      this.job = job;
    }
  }

  private final List<List<Entry>> partitions = new ArrayList<>();

  CommandQueue() {
    for (int i = 0; i < PARTITIONS; i++) {
      partitions.add(new ArrayList<>());
    }
  }

  void add(Job job) {
    partitions.get(Math.floorMod(job.id().runId().hashCode(), PARTITIONS)).add(new Entry(job));
  }

  /** The first command that nobody has, of a partition that is looked at first by chance. */
  Optional<Entry> claim(Object holder, Random random) {
    int first = random.nextInt(PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++) {
      for (Entry entry : partitions.get((first + i) % PARTITIONS)) {
        if (entry.holder == null) {
          entry.holder = holder;
          entry.deliveries++;
          return Optional.of(entry);
        }
      }
    }
    return Optional.empty();
  }

  /** The holder has given it up or was lost; somebody else may have it. */
  void release(Entry entry, Object holder) {
    if (entry.holder == holder) {
      entry.holder = null;
    }
  }

  /** The command is done with; of one that has lost it, too, as brokers take it. */
  void accept(Entry entry) {
    partitions.forEach(partition -> partition.remove(entry));
  }

  boolean isEmpty() {
    return partitions.stream().allMatch(List::isEmpty);
  }
}
