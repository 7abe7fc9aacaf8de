package io.espalier.worker.domain.model;

/**
 * A convolution or linear layer, as the cost model sees it.
 *
 * <p>FLOPs are 2 × multiply-accumulates: {@code 2 × out × in / groups × kernelArea × positions}.
 * Bias, normalisation, pooling and activations are not counted (ModelOpt with torchprofile counts
 * the same, plus the global mean).
 *
 * @param weight name of its weight tensor
 * @param out its output dimension
 * @param in its input dimension
 * @param kernelArea product of the kernel's sizes; 1 for a linear layer
 * @param positions places at which it is evaluated per sample: output height × width, or tokens
 * @param groups groups of a grouped convolution; 1 otherwise
 * @param bias whether it has a bias per output
 */
public record Layer(
    String weight,
    Dimension out,
    Dimension in,
    int kernelArea,
    long positions,
    int groups,
    boolean bias) {}
