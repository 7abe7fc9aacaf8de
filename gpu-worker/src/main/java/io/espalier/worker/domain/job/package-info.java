/** What a worker is asked to do with a model, and what it says of it. Pure: no Kafka, no DJL. */
@NullMarked
package io.espalier.worker.domain.job;

import org.jspecify.annotations.NullMarked;
