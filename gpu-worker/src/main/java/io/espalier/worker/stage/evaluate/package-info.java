/**
 * The stage {@code evaluate}, and what of a model is measured by other stages too. Start reading at
 * {@link io.espalier.worker.stage.evaluate.EvaluateStage}.
 */
@NullMarked
package io.espalier.worker.stage.evaluate;

import org.jspecify.annotations.NullMarked;
