package io.espalier.streams.topology;

import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunEffect;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Output after an event of a run.
 *
 * @param shown the run, if people are to see it as it is now
 * @param effects what is asked of the world outside, in order
 * @param at when it was decided
 */
record RunTurn(Optional<Run> shown, List<RunEffect> effects, Instant at) {}
