/**
 * Sizes of a decoder, and those it may be cut to.
 *
 * <p>Start reading at {@link io.espalier.worker.algorithm.minitron.size.DecoderSizes}.
 */
@NullMarked
package io.espalier.worker.algorithm.minitron.size;

import org.jspecify.annotations.NullMarked;
