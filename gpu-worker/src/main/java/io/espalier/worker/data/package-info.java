/**
 * Labelled images on disk. Plain Java: no DJL, so that data is checked before any engine starts.
 * Start reading at {@link io.espalier.worker.data.ImageDatasets}.
 */
@NullMarked
package io.espalier.worker.data;

import org.jspecify.annotations.NullMarked;
