package io.espalier.streams.domain.stage;

/**
 * One stage of a policy.
 *
 * @param kind what it does
 * @param spec its parameters as canonical JSON
 */
public record StageSpec(StageKind kind, String spec) {}
