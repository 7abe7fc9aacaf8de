/**
 * Labelled images on disk, and what tokens of texts look like to models. Plain Java: no DJL, so
 * that data is checked before any engine starts. Start reading at {@link
 * io.espalier.worker.data.ImageDatasets}; texts are read in {@link io.espalier.worker.data.text}.
 */
@NullMarked
package io.espalier.worker.data;

import org.jspecify.annotations.NullMarked;
