package io.espalier.streams.domain.run;

import java.util.ArrayList;
import java.util.List;

/**
 * How often the queue has delivered the commands of a stage, as far as workers have said so.
 *
 * <p>Each delivery after the first means that a worker has had the command and is at it no longer:
 * it died, lost it or was shut down. A queue counts them for one command only; a stage that kills
 * its workers would kill as many again at each attempt.
 *
 * @param times the highest delivery of each attempt that counts, in order; 0 if none was heard of
 */
public record Deliveries(List<Integer> times) {
  /** Nothing was delivered. */
  static final Deliveries NONE = new Deliveries(List.of());

  /** Deliveries; the list is copied. */
  public Deliveries {
    times = List.copyOf(times);
  }

  /** Returns the same after a delivery of an attempt, the first of them being 0. */
  Deliveries with(int attempt, int delivery) {
    if (attempt < times.size() && times.get(attempt) >= delivery) {
      return this;
    }
    List<Integer> more = new ArrayList<>(times);
    while (more.size() <= attempt) {
      more.add(0);
    }
    more.set(attempt, delivery);
    return new Deliveries(more);
  }

  /** Returns how many of them were not the first of their attempt. */
  long repeated() {
    return times.stream().mapToLong(delivered -> Math.max(0, delivered - 1)).sum();
  }
}
