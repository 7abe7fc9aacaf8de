/**
 * The coordinator as a program: settings, checks at start, start and stop. Start reading at {@link
 * io.espalier.streams.app.Coordinator}.
 */
@NullMarked
package io.espalier.streams.app;

import org.jspecify.annotations.NullMarked;
