/** Work of a worker on a model, and its report on it. Pure: no Kafka, no DJL. */
@NullMarked
package io.espalier.worker.domain.job;

import org.jspecify.annotations.NullMarked;
