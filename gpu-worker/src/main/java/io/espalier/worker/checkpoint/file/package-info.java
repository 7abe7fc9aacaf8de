/**
 * Files and directories, read and written so that neither a crash nor a link out of them does harm.
 * Start reading at {@link io.espalier.worker.checkpoint.file.AtomicFile}.
 */
@NullMarked
package io.espalier.worker.checkpoint.file;

import org.jspecify.annotations.NullMarked;
