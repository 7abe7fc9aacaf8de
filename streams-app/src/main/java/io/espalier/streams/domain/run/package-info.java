/**
 * Runs and what may happen to them next. Pure. Start reading at {@link
 * io.espalier.streams.domain.run.RunMachine}.
 */
@NullMarked
package io.espalier.streams.domain.run;

import org.jspecify.annotations.NullMarked;
