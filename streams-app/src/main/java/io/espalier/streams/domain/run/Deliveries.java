package io.espalier.streams.domain.run;

import java.util.ArrayList;
import java.util.List;

/**
 * Numbers of times that the queue has delivered the commands of a stage, as far as workers have
 * said so.
 *
 * <p>Each delivery after the first means that a worker has had the command and is at it no longer:
 * it died, lost it or was shut down. A queue counts them for one record only; a stage that kills
 * its workers would kill as many again at each attempt, and with each time that a command is sent
 * again.
 *
 * @param numbers two for each attempt that counts, in order: how often it was delivered, and the
 *     number of the delivery that was last heard of
 */
public record Deliveries(List<Integer> numbers) {
  /** Nothing was delivered. */
  static final Deliveries NONE = new Deliveries(List.of());

  /** More than any queue delivers a record; what a broken worker says counts no more than that. */
  private static final int MOST = 1000;

  /** Deliveries; the list is copied. */
  public Deliveries {
    numbers = List.copyOf(numbers);
  }

  /**
   * Returns the same after a delivery of an attempt, the first of them being 0. Those between it
   * and the last one were lost before they were begun; a lower one is of a record that was sent
   * again.
   */
  Deliveries with(int attempt, int delivery) {
    List<Integer> more = new ArrayList<>(numbers);
    while (more.size() < 2 * attempt + 2) {
      more.add(0);
    }
    int last = more.get(2 * attempt + 1);
    int now = Math.min(delivery, MOST);
    if (now == last) {
      return this; // the same one, reported again
    }
    more.set(2 * attempt, more.get(2 * attempt) + (now > last ? now - last : 1));
    more.set(2 * attempt + 1, now);
    return new Deliveries(more);
  }

  /** Returns how many of them were not the first of their attempt. */
  long repeated() {
    long repeated = 0;
    for (int i = 0; i < numbers.size(); i += 2) {
      repeated += Math.max(0, numbers.get(i) - 1);
    }
    return repeated;
  }
}
