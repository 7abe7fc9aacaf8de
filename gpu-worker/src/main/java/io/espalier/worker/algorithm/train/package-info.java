/**
 * Training of networks. Its rule: everything random is drawn in Java from the seed, so that the
 * same settings give the same bits. Start reading at {@link
 * io.espalier.worker.algorithm.train.Trainer}.
 */
@NullMarked
package io.espalier.worker.algorithm.train;

import org.jspecify.annotations.NullMarked;
