package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.search.Cost;

/**
 * A cut model in the output directory, and how it was chosen.
 *
 * @param <C> what is known of its files
 * @param <D> how it was decided
 * @param candidate the model
 * @param cost what it costs as it lies there
 * @param decision how it was decided
 */
public record ChosenCut<C, D extends Decision>(
    WrittenCandidate<?, C> candidate, Cost cost, D decision) {}
