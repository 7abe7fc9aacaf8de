/** Task of a stage and a worker's reports on it. Pure values. */
@NullMarked
package io.espalier.streams.domain.stage;

import org.jspecify.annotations.NullMarked;
