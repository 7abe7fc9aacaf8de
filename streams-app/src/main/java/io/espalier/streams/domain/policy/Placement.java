package io.espalier.streams.domain.policy;

/**
 * Place of a run's stages.
 *
 * @param pool workers that do it
 * @param priority higher goes first within the pool
 */
public record Placement(String pool, int priority) {}
