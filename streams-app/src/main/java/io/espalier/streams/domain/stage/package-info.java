/** What a stage is asked to do and what a worker says of it. Pure values. */
@NullMarked
package io.espalier.streams.domain.stage;

import org.jspecify.annotations.NullMarked;
