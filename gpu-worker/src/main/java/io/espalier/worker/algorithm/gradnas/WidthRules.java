package io.espalier.worker.algorithm.gradnas;

import io.espalier.worker.algorithm.search.LayerRules;

/**
 * Widths to choose from.
 *
 * @param uniform whether all layers are to have the same widths
 * @param neuronDivisor cut numbers of neurons are multiples of it; heads go one by one
 * @param layers what holds for single layers
 */
public record WidthRules(boolean uniform, int neuronDivisor, LayerRules layers) {}
