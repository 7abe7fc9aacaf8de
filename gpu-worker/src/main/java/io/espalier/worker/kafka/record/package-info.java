/**
 * Records as the worker reads and writes them, and the clients that do. Start reading at {@link
 * io.espalier.worker.kafka.record.EventMapping}.
 */
@NullMarked
package io.espalier.worker.kafka.record;

import org.jspecify.annotations.NullMarked;
