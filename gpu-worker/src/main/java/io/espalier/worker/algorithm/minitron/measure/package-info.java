/**
 * How strongly the units of a decoder fire, how much its layers change what passes, and what a
 * subnet loses, measured in forward passes that hold one layer at a time.
 *
 * <p>Start reading at {@link io.espalier.worker.algorithm.minitron.measure.ActivationMeasurement}.
 */
@NullMarked
package io.espalier.worker.algorithm.minitron.measure;

import org.jspecify.annotations.NullMarked;
