/**
 * Linear layers of a transformer in fewer bits, as compressed-tensors stores them, without any
 * data: which layers, their numbers, their bytes, and the network that these stand for. Start
 * reading at {@link io.espalier.worker.algorithm.quantize.QuantizationPlan}.
 */
@NullMarked
package io.espalier.worker.algorithm.quantize;

import org.jspecify.annotations.NullMarked;
