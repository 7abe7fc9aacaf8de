/** One attempt at one stage, as it waits in a pool and as a worker is told of it. Pure values. */
@NullMarked
package io.espalier.streams.domain.job;

import org.jspecify.annotations.NullMarked;
