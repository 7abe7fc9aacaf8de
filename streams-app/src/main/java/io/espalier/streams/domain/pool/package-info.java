/**
 * Dispatch of work: the waiting line of a pool and its free slots. Pure. Start reading at {@link
 * io.espalier.streams.domain.pool.Dispatcher}.
 */
@NullMarked
package io.espalier.streams.domain.pool;

import org.jspecify.annotations.NullMarked;
