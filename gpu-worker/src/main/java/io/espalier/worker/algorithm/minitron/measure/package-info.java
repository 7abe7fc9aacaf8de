/**
 * Strength of a decoder's unit activations, change of what passes by its layers, and loss of a
 * subnet, measured in forward passes that hold one layer at a time.
 *
 * <p>Start reading at {@link io.espalier.worker.algorithm.minitron.measure.ActivationMeasurement}.
 */
@NullMarked
package io.espalier.worker.algorithm.minitron.measure;

import org.jspecify.annotations.NullMarked;
