package io.espalier.streams.domain.pool;

import java.util.HashMap;
import java.util.Map;

/**
 * How far each tenant has come in its share of a pool.
 *
 * <p>Start-time fair queueing with equal weights: each release moves the tenant's mark one further
 * from where the pool's clock or the mark was. A tenant that comes back after a pause starts at the
 * clock, so it neither waits behind the others' long lines nor makes up for its absence.
 *
 * <p>Source: Goyal, Vin and Cheng, Start-time Fair Queuing, SIGCOMM 1996.
 *
 * @param marks where tenants stand that are ahead of the clock
 * @param clock mark of the last released job
 */
public record Shares(Map<String, Long> marks, long clock) {
  /** Nobody has had anything. */
  public static final Shares NONE = new Shares(Map.of(), 0);

  public Shares {
    marks = Map.copyOf(marks);
  }

  /** Where a tenant stands; the lowest is served first. */
  long of(String tenant) {
    return Math.max(clock, marks.getOrDefault(tenant, clock));
  }

  Shares served(String tenant) {
    long start = of(tenant);
    Map<String, Long> ahead = new HashMap<>(marks);
    ahead.put(tenant, start + 1);
    ahead.values().removeIf(mark -> mark <= start);
    return new Shares(ahead, start);
  }
}
