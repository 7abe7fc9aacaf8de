/** Rotary positions and how they are scaled. */
@NullMarked
package io.espalier.worker.model.transformer.rope;

import org.jspecify.annotations.NullMarked;
