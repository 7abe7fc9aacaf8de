/**
 * Flow of records: sources, processors that load, decide, store and forward, and sinks. No Avro
 * class comes here. Start reading at {@link io.espalier.streams.topology.OptimizationTopology}.
 */
@NullMarked
package io.espalier.streams.topology;

import org.jspecify.annotations.NullMarked;
