/**
 * FastNAS: prunes vision models by measuring how much each layer's width matters. Start reading at
 * {@link io.espalier.worker.algorithm.fastnas.FastNas}.
 */
@NullMarked
package io.espalier.worker.algorithm.fastnas;

import org.jspecify.annotations.NullMarked;
