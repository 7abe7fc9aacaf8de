package io.espalier.streams.domain.policy;

/**
 * Where a run's stages are done.
 *
 * @param pool workers that do it
 * @param priority higher goes first within the pool
 */
public record Placement(String pool, int priority) {}
