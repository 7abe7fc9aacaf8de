package io.espalier.worker.algorithm.prune;

import io.espalier.worker.domain.job.Reconstruction;
import java.util.Optional;

/**
 * A pruning that left its result behind.
 *
 * @param <S> what choices went by
 * @param <C> what is known of the result's files
 * @param <D> how it was decided what comes out
 * @param outcome as any pruning has it
 * @param scores what choices went by
 * @param cut what is known of the result's files
 * @param reconstruction what was solved for anew; empty if nothing was to be
 */
public record FinishedPruning<S, C, D extends Decision>(
    PruningOutcome<D> outcome, S scores, C cut, Optional<Reconstruction> reconstruction) {}
