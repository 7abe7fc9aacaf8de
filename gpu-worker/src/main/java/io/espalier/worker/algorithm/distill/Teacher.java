package io.espalier.worker.algorithm.distill;

import io.espalier.worker.tensor.Weights;

/**
 * A network that another one learns from.
 *
 * @param network its forward pass: a {@link io.espalier.worker.model.family.VisionFamily} or a
 *     {@link io.espalier.worker.model.family.TextNetwork}
 * @param weights its numbers, open as long as anybody learns from it; never changed, and closed by
 *     whoever opened them
 * @param digest of its artifact
 */
public record Teacher<N>(N network, Weights weights, String digest) {}
