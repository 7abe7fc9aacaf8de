/**
 * Units and layers that stay, and the files of a subnet.
 *
 * <p>Start reading at {@link io.espalier.worker.algorithm.minitron.cut.Subnet}.
 */
@NullMarked
package io.espalier.worker.algorithm.minitron.cut;

import org.jspecify.annotations.NullMarked;
