/**
 * Commands that a worker fetches and holds: leases, places, and who else holds them. Start reading
 * at {@link io.espalier.worker.kafka.claim.ClaimLoop}.
 */
@NullMarked
package io.espalier.worker.kafka.claim;

import org.jspecify.annotations.NullMarked;
