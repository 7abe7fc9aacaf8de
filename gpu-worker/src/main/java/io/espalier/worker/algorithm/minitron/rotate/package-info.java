/**
 * Minitron: orthonormal directions for the residual stream in place of its channels, the strongest
 * first.
 */
@NullMarked
package io.espalier.worker.algorithm.minitron.rotate;

import org.jspecify.annotations.NullMarked;
