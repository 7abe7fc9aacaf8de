/**
 * Least squares behind a cut: layers that read cut units get the weights that come closest to what
 * the original model said.
 */
@NullMarked
package io.espalier.worker.algorithm.reconstruct;

import org.jspecify.annotations.NullMarked;
