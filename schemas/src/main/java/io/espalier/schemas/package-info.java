/**
 * The published language of Espalier: topics, their serdes and headers. The events themselves are
 * generated from {@code src/main/avro} into {@code io.espalier.event}. Start reading at {@link
 * io.espalier.schemas.Topics}.
 */
@NullMarked
package io.espalier.schemas;

import org.jspecify.annotations.NullMarked;
