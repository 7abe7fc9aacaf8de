/**
 * Places where models are published, and from where inputs may be read. Start reading at {@link
 * io.espalier.worker.checkpoint.store.FileArtifactStore}.
 */
@NullMarked
package io.espalier.worker.checkpoint.store;

import org.jspecify.annotations.NullMarked;
