/**
 * The worker's side of Kafka: claims commands, keeps their leases, reports. Avro classes live here
 * and no deeper; nothing here computes on a model. Start reading at {@link
 * io.espalier.worker.kafka.Supervisor}.
 */
@NullMarked
package io.espalier.worker.kafka;

import org.jspecify.annotations.NullMarked;
