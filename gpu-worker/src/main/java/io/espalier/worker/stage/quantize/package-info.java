/**
 * The stage that stores a model's linear layers in fewer bits. Start reading at {@link
 * io.espalier.worker.stage.quantize.QuantizeStage}.
 */
@NullMarked
package io.espalier.worker.stage.quantize;

import org.jspecify.annotations.NullMarked;
