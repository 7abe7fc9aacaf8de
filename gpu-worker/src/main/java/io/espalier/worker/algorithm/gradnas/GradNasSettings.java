package io.espalier.worker.algorithm.gradnas;

import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Objective;

/**
 * Settings of GradNAS beside the budget.
 *
 * @param batches batches that gradients are measured on, at most
 * @param batchSize sequences per batch: the squared gradient is that of a batch's mean loss
 * @param pieceSize sequences that are computed at once; bounds memory, changes no result beyond
 *     rounding
 * @param normalisation how scores of layers and kinds of units are made comparable
 * @param objective what a choice of widths loses, summed up
 * @param ranking what decides which units of a layer stay
 * @param reconstruct whether what reads cut units is solved for anew
 * @param seed decides the order of the data
 */
public record GradNasSettings(
    int batches,
    int batchSize,
    int pieceSize,
    Normalisation normalisation,
    Objective objective,
    UnitRanking ranking,
    ReconstructionMode reconstruct,
    long seed) {}
