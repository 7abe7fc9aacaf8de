/** Parts of a model, without its numbers: tensors, named axes, layers. Pure: no DJL, no files. */
@NullMarked
package io.espalier.worker.domain.model;

import org.jspecify.annotations.NullMarked;
