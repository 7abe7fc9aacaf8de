/**
 * Importance: which units of an axis matter most, so that the others go first. Start reading at
 * {@link io.espalier.worker.algorithm.importance.Importance}.
 */
@NullMarked
package io.espalier.worker.algorithm.importance;

import org.jspecify.annotations.NullMarked;
