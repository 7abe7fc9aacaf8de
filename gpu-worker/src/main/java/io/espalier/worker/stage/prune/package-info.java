/**
 * The stage {@code prune}: settings, work and report of each algorithm. Start reading at {@link
 * io.espalier.worker.stage.prune.PruneStage}.
 */
@NullMarked
package io.espalier.worker.stage.prune;

import org.jspecify.annotations.NullMarked;
