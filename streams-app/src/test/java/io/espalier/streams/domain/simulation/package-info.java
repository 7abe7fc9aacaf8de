/**
 * The whole system without Kafka and in simulated time: the coordinator's own machines with
 * transactions that commit or are lost, the queue of commands as brokers keep it, and workers that
 * are busy for half an hour, die, freeze and come back. A schedule is drawn from a seed, and what
 * comes out is held against what was promised. Start reading at {@link
 * io.espalier.streams.domain.simulation.Simulation}.
 */
@NullMarked
package io.espalier.streams.domain.simulation;

import org.jspecify.annotations.NullMarked;
