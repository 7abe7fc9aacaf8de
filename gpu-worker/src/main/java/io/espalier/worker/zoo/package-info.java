/**
 * Small models and data to try everything with: drawn, not downloaded, and the same bits for the
 * same seed. Start reading at {@link io.espalier.worker.zoo.Zoo}.
 */
@NullMarked
package io.espalier.worker.zoo;

import org.jspecify.annotations.NullMarked;
