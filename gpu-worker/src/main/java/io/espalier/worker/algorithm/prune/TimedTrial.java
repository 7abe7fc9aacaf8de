package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Latency;
import java.util.Optional;

/**
 * A choice that was timed beside the original, since latency is bounded.
 *
 * @param name what messages call it, if it can be told in words
 * @param foretoldNanos nanoseconds that it was thought to take
 * @param measured how fast it is
 * @param holds whether it is within the bound
 */
public record TimedTrial(
    Optional<String> name, long foretoldNanos, Latency measured, boolean holds) {}
