/**
 * Losses by which a network learns from another one, its teacher. Its rule: a teacher is never
 * changed and has no gradient, and a loss is a sum whose count stays apart, so that a batch can be
 * computed in pieces. Start reading at {@link
 * io.espalier.worker.algorithm.distill.DistillationObjective}.
 */
@NullMarked
package io.espalier.worker.algorithm.distill;

import org.jspecify.annotations.NullMarked;
