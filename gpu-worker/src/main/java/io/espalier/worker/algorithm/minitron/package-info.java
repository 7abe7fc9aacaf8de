/**
 * Minitron: prunes decoders to smaller sizes that are the same in every layer, by how strongly
 * their units fire in one forward pass.
 *
 * <p>Start reading at {@link io.espalier.worker.algorithm.minitron.MinitronPruning}. Packages
 * depend on those to their left only: {@code size}, {@code measure}, {@code space}, {@code cut},
 * this one.
 */
@NullMarked
package io.espalier.worker.algorithm.minitron;

import org.jspecify.annotations.NullMarked;
