/**
 * Models as directories of bytes: safetensors, config.json, digests, artifacts. Knows the domain
 * and files; knows no tensor library, so nothing here becomes an NDArray.
 */
@NullMarked
package io.espalier.worker.checkpoint;

import org.jspecify.annotations.NullMarked;
