package io.espalier.worker.algorithm.search;

/**
 * What a model costs.
 *
 * @param flops operations for one sample, 2 × multiply-accumulates of convolutions and linear
 *     layers
 * @param parameters weights and biases of convolutions and linear layers, without normalisations
 * @param bytes bytes of its checkpoint files
 */
public record Cost(long flops, long parameters, long bytes) {}
