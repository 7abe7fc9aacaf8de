/**
 * Least squares behind a cut of a decoder, one layer of the original and one of the cut model in
 * memory.
 *
 * <p>Start reading at {@link
 * io.espalier.worker.algorithm.minitron.reconstruct.DecoderReconstruction}.
 */
@NullMarked
package io.espalier.worker.algorithm.minitron.reconstruct;

import org.jspecify.annotations.NullMarked;
