/**
 * A kind of stage that only tests know: its keys, its work and its report in one package. What it
 * takes beside is an entry in the list of stages, here of {@link
 * io.espalier.worker.copy.CopyStageProcess}.
 */
@NullMarked
package io.espalier.worker.copy;

import org.jspecify.annotations.NullMarked;
