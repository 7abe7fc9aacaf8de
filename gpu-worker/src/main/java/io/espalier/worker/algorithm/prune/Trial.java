package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Latency;

/**
 * A choice that was timed beside the original, since latency is bounded.
 *
 * @param foretoldNanos nanoseconds that it was thought to take
 * @param measured how fast it is
 * @param holds whether it is within the bound
 */
public record Trial(long foretoldNanos, Latency measured, boolean holds) {}
