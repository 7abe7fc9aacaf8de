package io.espalier.streams.domain.pool;

import java.time.Instant;

/**
 * A worker of a pool.
 *
 * @param id unique per worker process
 * @param slots stages that it can run at the same time
 * @param seenAt when it last gave a sign of life
 */
public record Worker(String id, int slots, Instant seenAt) {}
