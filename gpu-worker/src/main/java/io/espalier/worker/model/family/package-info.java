/**
 * The frame of all families: what a family and its network are, how tensors are declared, how
 * configs are read.
 */
@NullMarked
package io.espalier.worker.model.family;

import org.jspecify.annotations.NullMarked;
