package io.espalier.worker.algorithm.layerwise;

/**
 * Result of the training of one layer.
 *
 * @param layer its number in the student
 * @param before mean squared error of a token on held-out texts, as a share of the teacher's square
 * @param after the same of the weights that stay
 * @param steps that were taken
 */
public record LearnedLayer(int layer, double before, double after, long steps) {}
