/**
 * Between Avro and the domain: the only package that knows the generated classes. Start reading at
 * {@link io.espalier.streams.wire.CoordinatorTopics}.
 */
@NullMarked
package io.espalier.streams.wire;

import org.jspecify.annotations.NullMarked;
