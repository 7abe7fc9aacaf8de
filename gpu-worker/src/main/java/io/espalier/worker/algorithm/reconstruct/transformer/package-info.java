/**
 * Least squares behind a cut of a transformer: what writes to the residual stream gets the weights
 * that bring the stream closest to the original's.
 */
@NullMarked
package io.espalier.worker.algorithm.reconstruct.transformer;

import org.jspecify.annotations.NullMarked;
