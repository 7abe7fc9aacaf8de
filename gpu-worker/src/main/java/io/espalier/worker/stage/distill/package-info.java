/**
 * The stage that trains a model to answer as the one that its run began with. Start reading at
 * {@link io.espalier.worker.stage.distill.DistillStage}.
 */
@NullMarked
package io.espalier.worker.stage.distill;

import org.jspecify.annotations.NullMarked;
