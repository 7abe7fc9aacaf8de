package io.espalier.streams.wire;

import java.time.Instant;

/**
 * Something that is told, and when it was decided.
 *
 * @param what what is told
 * @param at when
 * @param <E> kind of what is told
 */
public record TimedMessage<E>(E what, Instant at) {}
