package io.espalier.streams.domain.stage;

import io.espalier.streams.domain.model.Artifact;

/**
 * A finished stage of a run.
 *
 * @param kind what it did
 * @param attempts attempts it took since the run was opened
 * @param output what it published
 * @param report what it says of its work
 */
public record StageOutcome(StageKind kind, int attempts, Artifact output, StageReport report) {}
