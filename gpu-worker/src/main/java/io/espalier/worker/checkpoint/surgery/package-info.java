/**
 * Models that are cut by selecting bytes from file to file. Start reading at {@link
 * io.espalier.worker.checkpoint.surgery.Surgery}.
 */
@NullMarked
package io.espalier.worker.checkpoint.surgery;

import org.jspecify.annotations.NullMarked;
