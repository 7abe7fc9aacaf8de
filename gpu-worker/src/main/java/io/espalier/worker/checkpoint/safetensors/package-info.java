/**
 * The safetensors format: headers, tensors by name, files that are written. Start reading at {@link
 * io.espalier.worker.checkpoint.safetensors.SafetensorsFile}.
 */
@NullMarked
package io.espalier.worker.checkpoint.safetensors;

import org.jspecify.annotations.NullMarked;
