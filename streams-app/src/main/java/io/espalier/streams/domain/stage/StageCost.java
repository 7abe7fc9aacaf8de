package io.espalier.streams.domain.stage;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * Cost of one stage.
 *
 * @param wall elapsed time
 * @param device the device it ran on, in words
 * @param peakMemoryBytes largest resident memory of the stage's process in bytes
 * @param cached whether a stored result was used instead of computing
 */
public record StageCost(
    Duration wall, String device, OptionalLong peakMemoryBytes, boolean cached) {}
