/**
 * Stages: what a worker can be told to do with a model. Start reading at {@link
 * io.espalier.worker.stage.Stage}.
 */
@NullMarked
package io.espalier.worker.stage;

import org.jspecify.annotations.NullMarked;
