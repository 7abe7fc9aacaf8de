package io.espalier.streams.domain.pool;

import java.util.List;

/**
 * A pool without its jobs.
 *
 * @param workers its workers
 * @param shares how far each tenant has come
 */
public record Staff(List<Worker> workers, Shares shares) {
  public Staff {
    workers = List.copyOf(workers);
  }
}
