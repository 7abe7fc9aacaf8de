package io.espalier.streams.domain.pool;

/**
 * An event and the pool that it is for.
 *
 * @param pool the pool
 * @param event what happened
 */
public record ForPool(String pool, PoolEvent event) {}
